import { type Database, statement } from "./database.ts";

/** Where a profile's file lies, as its machine names it. */
export interface Place {
  readonly inode: string;
  /** Absolute, without links. */
  readonly folder: string;
  readonly host: string;
}

export function readPlace(db: Database): Place | undefined {
  return statement<[], Place>(db, "select inode, folder, host from place").get();
}

export function savePlace(db: Database, { inode, folder, host }: Place): void {
  statement<[string, string, string], never>(db, "insert or replace into place values (1, ?, ?, ?)").run(
    inode,
    folder,
    host,
  );
}
