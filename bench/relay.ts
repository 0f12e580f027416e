// What the relay carries, beside the floors of the machine that it runs on: `npm run bench:relay -- [SCENARIO…]`. A real
// `chat relay` process with its own PostgreSQL (fsync and synchronous commit on), and the load in a process of its own:
// accounts with access tokens, one live stream each, envelopes of 512 bytes with a wrap for each device. Every row is
// checked to come once and in its place. `TMPDIR=/dev/shm` takes the disk out of it, whose stalls are most of a high
// percentile. A report: it always exits with 0.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { measureFloors } from "./relay/floors.ts";
import { groups } from "./relay/groups.ts";
import { idle } from "./relay/idle.ts";
import { endAll } from "./relay/installation.ts";
import { measure, oneToOne } from "./relay/one-to-one.ts";
import { print, progress, type Result } from "./relay/results.ts";
import { rows } from "./relay/rows.ts";
import type { Settings } from "./relay/settings.ts";
import { soak } from "./relay/soak.ts";
import { two } from "./relay/two.ts";

const scenarios: Record<string, (settings: Settings) => AsyncIterable<Result>> = {
  "1to1": oneToOne,
  "1to1-shared": (settings) => measure(settings, "shared"),
  "1to1-own": (settings) => measure(settings, "own"),
  groups,
  idle,
  soak,
  rows,
  two,
};
const usual = ["1to1", "groups"];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "5" },
    minutes: { type: "string", default: "10" },
    "many-rows": { type: "boolean", default: false },
    "no-floors": { type: "boolean", default: false },
    profile: { type: "string" },
    json: { type: "string" },
  },
});
let settings: Settings = {
  seconds: Number(values.seconds),
  minutes: Number(values.minutes),
  manyRows: values["many-rows"],
  profileFolder: values.profile,
};

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void endAll().finally(() => process.exit(130)));
}

const all: Record<string, Result[]> = {};
const show = (name: string, result: Result): void => {
  all[name] = [...(all[name] ?? []), result];
  print(result);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(all, undefined, 2)}\n`);
};
if (!values["no-floors"]) {
  progress("floors");
  const { floors, results } = await measureFloors(settings);
  settings = { ...settings, floors };
  for (const result of results) show("floors", result);
}
for (const name of positionals.length > 0 ? positionals : usual) {
  if (name === "floors") continue;
  const scenario = scenarios[name];
  if (scenario === undefined) {
    console.error(`There is no scenario ${name}: floors, ${Object.keys(scenarios).join(", ")}.`);
    continue;
  }
  progress(name);
  try {
    for await (const result of scenario(settings)) show(name, result);
  } catch (error) {
    console.error(`${name} could not be measured:`, error);
  }
}
