// F3: what the disk under PostgreSQL does by itself. Whoever stores before he acknowledges is never faster.
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { askedRegularly } from "./asked-regularly.ts";

/** A page of PostgreSQL's log, written over one that is there already, as in a segment that is used again. */
const PAGE = Buffer.alloc(8_192, 1);
/** Few, for they are made while others are measured. */
const PAGES = 16;

/** Milliseconds that a page took to be on the disk of this folder, at regular times for so long. */
export async function bareWrites(folder: string, milliseconds: number): Promise<number[]> {
  const path = join(folder, "bench-disk");
  const file = await open(path, "w");
  try {
    await file.write(Buffer.alloc(PAGES * PAGE.length));
    await file.sync();
    let written = 0;
    return await askedRegularly(async () => {
      await file.write(PAGE, 0, PAGE.length, (written++ % PAGES) * PAGE.length);
      await file.datasync();
    }, milliseconds);
  } finally {
    await file.close();
    await rm(path);
  }
}
