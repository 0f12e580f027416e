// Processor time of processes as the kernel counts it, in ticks of 10 ms: for runs of seconds that is fine enough.
import { readdirSync, readFileSync } from "node:fs";

const TICKS_A_SECOND = 100;

interface Times {
  /** Seconds of the process itself. */
  readonly own: number;
  /** Seconds of its children that have ended. */
  readonly ended: number;
  readonly parent: number;
}

function timesOf(pid: number | string): Times | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The program's name, in parentheses, may contain anything.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const at = (field: number) => Number(fields[field - 3]);
    const seconds = (ticks: number) => ticks / TICKS_A_SECOND;
    return { own: seconds(at(14) + at(15)), ended: seconds(at(16) + at(17)), parent: at(4) };
  } catch {
    return undefined;
  }
}

function processorSeconds(pid: number): number {
  return timesOf(pid)?.own ?? 0;
}

/** Of a process and all its children, also those that have ended. */
function familySeconds(pid: number): number {
  const head = timesOf(pid);
  if (head === undefined) return 0;
  let sum = head.own + head.ended;
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const times = timesOf(entry);
    if (times?.parent === pid) sum += times.own;
  }
  return sum;
}

/** Of the whole machine; what others use of it disturbs. */
function machineSeconds(): number {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n", 1);
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line.split(/\s+/).map(Number);
  return (user + nice + system + irq + softirq) / TICKS_A_SECOND;
}

/** Resident bytes. */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1] ?? 0) * 1024;
}

export interface Processors {
  readonly relay: number;
  readonly postgres: number;
  readonly load: number;
  /** All of the machine but these. */
  readonly others: number;
}

export interface Pids {
  readonly relays: readonly number[];
  readonly postgres: number;
  readonly load: number;
}

/** Starts to count; the function returned gives what was used since, in seconds. */
export function countProcessors({ relays, postgres, load }: Pids): () => Processors {
  const now = () => ({
    relay: relays.reduce((sum, pid) => sum + processorSeconds(pid), 0),
    postgres: familySeconds(postgres),
    load: processorSeconds(load),
    machine: machineSeconds(),
  });
  const before = now();
  return () => {
    const after = now();
    const used = {
      relay: after.relay - before.relay,
      postgres: after.postgres - before.postgres,
      load: after.load - before.load,
    };
    const others = after.machine - before.machine - used.relay - used.postgres - used.load;
    return { ...used, others: Math.max(others, 0) };
  };
}
