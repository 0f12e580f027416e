// What a scenario shows, and how it is printed.
import type { Verdict } from "./load-protocol.ts";

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** It should be at least, or at most, so much. */
  readonly least?: number;
  readonly most?: number;
}

export interface Result {
  readonly title: string;
  readonly figures: readonly Figure[];
  /** What the reader has to know besides; faults of the relay among them. */
  readonly notes: readonly string[];
}

const NAME_WIDTH = 46;
const VALUE_WIDTH = 12;

export function print({ title, figures, notes }: Result): void {
  console.log(`\n${title}`);
  for (const { name, value, unit, least, most } of figures) {
    const limit =
      least !== undefined ? `at least ${text(least)}` : most !== undefined ? `at most ${text(most)}` : "";
    const missed = (least !== undefined && !(value >= least)) || (most !== undefined && !(value <= most));
    console.log(
      `  ${name.padEnd(NAME_WIDTH)}${text(value).padStart(VALUE_WIDTH)} ${unit.padEnd(6)} ${limit}${missed ? "  MISSED" : ""}`.trimEnd(),
    );
  }
  for (const note of notes) console.log(`  ! ${note}`);
}

/** On stderr: what takes minutes should say so. */
export function progress(what: string): void {
  console.error(`${(performance.now() / 1_000).toFixed(0).padStart(5)} s  ${what}`);
}

function text(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  if (value !== 0 && Math.abs(value) < 0.1) return value.toPrecision(2);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** Nothing, when every row came once and in its place. */
export function faultsIn(verdict: Verdict): string[] {
  const { doubled, lost, swapped, unsealed, missing, unanswered, pulls, resyncs, refused, ended } = verdict;
  const notes: string[] = [];
  const say = (count: number, what: string): void => {
    if (count > 0) notes.push(`${count} ${what}`);
  };
  say(lost, "rows LOST: a pull passed over them");
  say(doubled, "rows DOUBLED");
  say(swapped, "rows SWAPPED: other bytes under their number");
  say(unsealed, "rows WITHOUT THE WRAP of their reader");
  say(missing, "rows MISSING at the end");
  say(unanswered, "submits never answered");
  say(pulls, "pulls, for pushes that were left out or overtook each other");
  say(resyncs, "times told to resync");
  for (const [reason, count] of Object.entries(refused)) say(count, `submits refused (reason ${reason})`);
  for (const [why, count] of Object.entries(ended)) say(count, `streams ended: ${why}`);
  return notes;
}
