import type { KeysErrorCode } from "../errors.ts";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** One file of vectors/sotto, SPEC §12.2. Bytes are hex. */
export interface Vector {
  readonly about: string;
  readonly operation: string;
  readonly input: { readonly [key: string]: Json };
  readonly expect: "ok" | KeysErrorCode;
  /** What an `ok` gives. */
  readonly output?: Json;
}

/** File name without `.json` → what is to become of it; the output is filled in by running it. */
export type Cases = Readonly<Record<string, Omit<Vector, "output">>>;
