// What the relay carries, beside the floors of the machine that it runs on: `npm run bench:relay -- [SCENARIO…]`. A real
// `chat relay` process with its own PostgreSQL (fsync and synchronous commit on), and the load in a process of its own:
// accounts with access tokens, one live stream each, envelopes of 512 bytes with a wrap for each device. Every row is
// checked to come once and in its place. A report: it always exits with 0.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { measure, oneToOne } from "./relay/one-to-one.ts";
import { print, type Result } from "./relay/results.ts";
import type { Settings } from "./relay/settings.ts";

const scenarios: Record<string, (settings: Settings) => Promise<Result[]>> = {
  "1to1": oneToOne,
  "1to1-shared": (settings) => measure(settings, "shared"),
  "1to1-own": (settings) => measure(settings, "own"),
};
const usual = ["1to1"];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "5" },
    minutes: { type: "string", default: "10" },
    "many-rows": { type: "boolean", default: false },
    profile: { type: "string" },
    json: { type: "string" },
  },
});
const settings: Settings = {
  seconds: Number(values.seconds),
  minutes: Number(values.minutes),
  manyRows: values["many-rows"],
  profileFolder: values.profile,
};

const results: Record<string, readonly Result[]> = {};
for (const name of positionals.length > 0 ? positionals : usual) {
  const scenario = scenarios[name];
  if (scenario === undefined) {
    console.error(`There is no scenario ${name}: ${Object.keys(scenarios).join(", ")}.`);
    continue;
  }
  const found = await scenario(settings);
  results[name] = found;
  for (const result of found) print(result);
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
