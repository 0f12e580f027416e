// How much memory a relay takes, when what nobody holds any more is gone.
import { residentBytes } from "./cpu.ts";
import { median } from "./percentiles.ts";

/** A collection for each of V8's two kinds of dead. */
const COLLECTIONS = 2;

/** Has the process at this inspector collect its garbage; its resident bytes after that. */
export async function residentAfterCollection(inspector: string, pid: number): Promise<number> {
  const socket = new WebSocket(inspector);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("no inspector"));
  });
  for (let id = 1; id <= COLLECTIONS; id += 1) {
    const collected = new Promise<void>((resolve) => {
      socket.onmessage = ({ data }) => {
        if ((JSON.parse(String(data)) as { id?: number }).id === id) resolve();
      };
    });
    socket.send(JSON.stringify({ id, method: "HeapProfiler.collectGarbage" }));
    await collected;
  }
  socket.close();
  return residentBytes(pid);
}

/** What the last third of the samples is beside the first, once the first fifth, the warm-up, is left out. */
export function growth(samples: readonly number[]): number {
  const warm = samples.slice(Math.floor(samples.length / 5));
  const third = Math.floor(warm.length / 3);
  return median(warm.slice(-third)) / median(warm.slice(0, third));
}
