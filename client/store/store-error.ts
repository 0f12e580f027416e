/**
 * Why the profile's file could not be used.
 * - `missing`: there is none. `wrong_key`: the key does not open it, or it is not a profile. `damaged`: it opens, but
 *   pages are broken. `newer`: a newer version wrote it. `cannot_write`: disk full, read-only, permissions.
 * - `busy`: another process held it longer than anyone should.
 */
export type StoreErrorCode =
  | "missing"
  | "wrong_key"
  | "damaged"
  | "newer"
  | "cannot_write"
  | "busy"
  | "internal";

export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }

  /** The one funnel: what SQLite or the file system threw, as one of the codes above. */
  static from(error: unknown): StoreError {
    if (error instanceof StoreError) return error;
    const systemCode = error instanceof Error && "code" in error ? String(error.code) : "";
    const code = systemCodes.find(([pattern]) => pattern.test(systemCode))?.[1] ?? "internal";
    return new StoreError(code, error instanceof Error ? error.message : String(error), { cause: error });
  }

  /** True for what SQLite or the file system throws, as opposed to a bug of ours. */
  static is(error: unknown): boolean {
    if (error instanceof StoreError) return true;
    return error instanceof Error && "code" in error && typeof error.code === "string"
      ? systemCodes.some(([pattern]) => pattern.test(String(error.code)))
      : false;
  }
}

/** SQLite's extended result codes and errno names; the first that matches counts. */
const systemCodes: readonly [RegExp, StoreErrorCode][] = [
  // Before a first page could be read, it is the key that is wrong: `openDatabase` says so.
  [/^SQLITE_(CORRUPT|NOTADB)/, "damaged"],
  [/^SQLITE_IOERR_(SHORT_READ|DATA|CORRUPTFS)/, "damaged"],
  // PROTOCOL: so many processes began to read at once that one found no place for too long.
  [/^SQLITE_(BUSY|LOCKED|PROTOCOL)/, "busy"],
  [/^SQLITE_(FULL|READONLY|IOERR|CANTOPEN|PERM|AUTH)/, "cannot_write"],
  [
    /^(EACCES|EPERM|EROFS|ENOSPC|EDQUOT|EIO|ENOTDIR|EISDIR|ENAMETOOLONG|EMFILE|ENFILE|EEXIST)$/,
    "cannot_write",
  ],
  [/^ENOENT$/, "missing"],
];
