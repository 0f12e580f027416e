import { randomBytes } from "node:crypto";

/** What use cases ask of the machine, so that tests can answer instead. */
export interface Runtime {
  /** Milliseconds since 1970. */
  now(): number;
  random(length: number): Uint8Array;
}

export const systemRuntime: Runtime = {
  now: () => Date.now(),
  random: (length) => new Uint8Array(randomBytes(length)),
};
