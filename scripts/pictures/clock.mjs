// Loaded before a program (`node --import`): its clock is ahead by the milliseconds that the file named by PICTURE_CLOCK
// holds, so that a story of two days is told in a minute, and on the same days each time.
import { readFileSync } from "node:fs";

const file = process.env["PICTURE_CLOCK"];
const AGAIN_MS = 20;

if (file !== undefined) {
  let ahead = 0;
  let readAt = Number.NEGATIVE_INFINITY;
  const now = () => {
    const at = performance.now();
    if (at - readAt > AGAIN_MS) {
      readAt = at;
      ahead = Number(readFileSync(file, "utf8")) || 0;
    }
    return real.now() + ahead;
  };
  const real = Date;
  globalThis.Date = class extends real {
    constructor(...given) {
      super(...(given.length === 0 ? [now()] : given));
    }
    static now() {
      return now();
    }
  };
}
