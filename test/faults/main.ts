// `npm run test:faults [SECONDS]`: see fault-run.ts. Two relays with NATS where there is a nats-server, else one alone.
// `SEED=… npm run test:faults` draws the same faults again; when they strike what depends on the machine. Exits with 1 when
// something is wrong.
import { findProgram } from "../support/debian-programs.ts";
import { runFaults } from "./fault-run.ts";
import { oneRelay, twoRelays } from "./installation.ts";

const seconds = Number(process.argv[2] ?? 600);
const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1_000_000));
const began = Date.now();

const install = findProgram("nats-server") === undefined ? oneRelay : twoRelays;

function say(line: string): void {
  process.stderr.write(`${((Date.now() - began) / 1_000).toFixed(1).padStart(7)} s  ${line}\n`);
}

process.stdout.write(`SEED=${seed}, ${seconds} s of faults\n`);
const { wrong, tally, messages, delivered, printedAgain, notes, log, homes } = await runFaults(
  seed,
  seconds * 1_000,
  { say, install },
);
const lines = [
  `messages: ${messages.begun} begun, ${messages.sent} acknowledged by the relay, ${messages.queued} by the outbox, ${messages.there} there`,
  `delivered: ${delivered} over all who see them; printed again after a kill: ${printedAgain}`,
  `kills: relay ${tally.relay}, PostgreSQL ${tally.postgres}, both ${tally.both}, NATS ${tally.nats}; senders ${tally.senders}, tails ${tally.tails}, readers ${tally.readers}`,
  `else: ${tally.sends} sends run, relay stopped ${tally.relayStops}, suspended ${tally.suspended}, connections cut ${tally.cuts}, storms ${tally.storms}, tokens run out ${tally.tokens}`,
  `and: disk full ${tally.fullDisks}, clock off ${tally.jumps}, backups ${tally.backups}, put back ${tally.restores}`,
  ...[...notes].map(([sentence, times]) => `${sentence} (${times})`),
  wrong.length === 0
    ? "nothing lost, doubled or out of order; no alarm"
    : `${wrong.length} WRONG (SEED=${seed}):`,
  ...wrong.slice(0, 100),
];
process.stdout.write(`${lines.join("\n")}\n`);
if (wrong.length > 0) {
  process.stderr.write(`${log}\nkept: ${homes.join(" ")}\n`);
  process.exitCode = 1;
}
