// Cold starts as multiples of a bare `node -e 0`, interleaved in one run: `npm run bench:start`.
// Exits with 1 when a start is over its limit.
import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { LAUNCHER, registered } from "../test/support/chat.ts";
import { spawnRelay } from "../test/support/relay.ts";

const ROUNDS = 25;
const WARM_UP = 3;

interface Subject {
  name: string;
  /** At most this multiple of the floor. */
  limit?: number;
  run(): void;
}

const relay = await spawnRelay();
const alice = await registered("alice", relay.url);
const bob = await registered("bob", relay.url);

function node(arguments_: string[], env: Record<string, string>): void {
  const { status, stderr } = spawnSync(process.execPath, arguments_, { env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${arguments_.join(" ")} ended with ${status}: ${stderr}`);
}

const subjects: Subject[] = [
  { name: "node -e 0 (floor)", run: () => node(["-e", "0"], alice.environment()) },
  { name: "chat --version", limit: 2, run: () => node([LAUNCHER, "--version"], alice.environment()) },
  {
    name: "chat send, to the relay's acknowledgement",
    limit: 8,
    run: () => node([LAUNCHER, "send", "bob", "hello", "--quiet"], alice.environment()),
  },
  { name: "chat read", run: () => node([LAUNCHER, "read", "bob", "-n", "1"], alice.environment()) },
];

const times = new Map<Subject, number[]>(subjects.map((subject) => [subject, []]));
try {
  await alice.ok(["send", "bob", "first"]);
  await bob.ok(["read"]);
  await bob.ok(["send", "alice", "first"]);
  await alice.ok(["read"]);
  for (let round = 0; round < ROUNDS + WARM_UP; round += 1) {
    for (const subject of subjects) {
      const start = performance.now();
      subject.run();
      if (round >= WARM_UP) times.get(subject)?.push(performance.now() - start);
    }
  }
} finally {
  await alice.leave();
  await bob.leave();
  await relay.stop();
  if (relay.folder !== undefined) await rm(relay.folder, { recursive: true, force: true });
}

function quantile(values: number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

const floor = quantile(times.values().next().value ?? [], 0.5);
let over = false;
console.log(
  `${"".padEnd(44)}${"median ms".padStart(10)}${"p90 ms".padStart(10)}${"x floor".padStart(10)}${"limit".padStart(8)}`,
);
for (const subject of subjects) {
  const values = times.get(subject) ?? [];
  const median = quantile(values, 0.5);
  const ratio = median / floor;
  if (subject.limit !== undefined && ratio > subject.limit) over = true;
  console.log(
    subject.name.padEnd(44) +
      median.toFixed(1).padStart(10) +
      quantile(values, 0.9).toFixed(1).padStart(10) +
      ratio.toFixed(2).padStart(10) +
      (subject.limit?.toFixed(0) ?? "").padStart(8),
  );
}
process.exitCode = over ? 1 : 0;
