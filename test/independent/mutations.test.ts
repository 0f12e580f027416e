// Damaged inputs: both implementations take or refuse the same ones.
import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { ready } from "../../keys/index.ts";
import { runVector } from "../../keys/make-vectors/run-vector.ts";
import { seededRandom } from "../../keys/make-vectors/seeded-random.ts";
import { runReference } from "./run-reference.ts";

beforeAll(ready);

/** What a stranger or the relay can send. The other fields of an input are one's own. */
const damaged: Record<string, string> = {
  "verify chain": "entries",
  "verify prekey": "published",
  respond: "wrap",
  "open wrap": "wrap",
  "open envelope": "envelope",
  unpad: "padded",
  "unpack wraps": "packed",
  "open ephemeral": "frame",
  "open account key": "sealed",
  "verify login": "signature",
};
const ROUNDS = 6;

const folder = new URL("../../keys/vectors/sotto/", import.meta.url);
const cases = readdirSync(folder)
  .map((file) => ({ file, ...JSON.parse(readFileSync(new URL(file, folder), "utf8")) }))
  .filter(({ operation, expect }) => operation in damaged && expect === "ok");

test.for(cases)("$file, damaged", ({ file, operation, input }) => {
  const random = seededRandom(`damage ${file}`);
  const field = damaged[operation] ?? "";
  for (let round = 0; round < ROUNDS; round += 1) {
    const whole: string | string[] = input[field];
    const changed = Array.isArray(whole)
      ? whole.map((each, at) => (at === round % whole.length ? damage(each, random) : each))
      : damage(whole, random);
    const ours = runVector({ operation, input: { ...input, [field]: changed } });
    const theirs = runReference(operation, { ...input, [field]: changed }, ours.output);
    expect(theirs, String(changed)).toEqual(ours.expect === "ok" ? ours.output : ours.expect);
  }
});

/** One bit, one byte, an end cut off or added; early bytes, where the structure is, more often. */
function damage(text: string, random: (length: number) => Uint8Array): string {
  const bytes = Buffer.from(text, "hex");
  const [how = 0, high = 0, low = 0, value = 0] = random(4);
  const range = how < 128 ? Math.min(bytes.length, 200) : bytes.length;
  const at = (high * 256 + low) % Math.max(range, 1);
  if (how % 8 === 0) return bytes.subarray(0, at).toString("hex");
  if (how % 8 === 1) return Buffer.concat([bytes, Buffer.from([value])]).toString("hex");
  if (how % 8 === 2) bytes[at] = value;
  else bytes[at] = (bytes[at] ?? 0) ^ (1 << (value % 8));
  return bytes.toString("hex");
}
