import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { asSecret, hash } from "../../keys/index.ts";
import { type Database, openDatabase } from "./database.ts";
import { addPrekey, deleteReplacedPrekeys, replaceOlderPrekeys } from "./prekeys.ts";
import { forgetSeenSessions, rememberSession, wasSessionSeen } from "./sessions.ts";

const DAY = 24 * 60 * 60 * 1000;
const session = hash(new Uint8Array(32).fill(1));
let folder: string;
let db: Database;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-sessions-"));
  db = openDatabase(join(folder, "profile.db"), new Uint8Array(32).fill(7), { create: true });
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

function addLastResort(id: number, now: number): void {
  const secret = { kind: "last_resort", id, kemSeed: asSecret(new Uint8Array(64)) } as const;
  addPrekey(db, { published: new Uint8Array(1314), secret }, now);
  replaceOlderPrekeys(db, "last_resort", id, now);
}

test("an accepted session is remembered while the last-resort key that could open it again is kept", () => {
  addLastResort(1, 0);
  rememberSession(db, session, 1 * DAY);
  // The device was away for three months; its old key was replaced only now, and is kept for another month.
  addLastResort(2, 90 * DAY);
  deleteReplacedPrekeys(db, 60 * DAY);
  forgetSeenSessions(db, 30 * DAY);
  expect(wasSessionSeen(db, session)).toBe(true);

  deleteReplacedPrekeys(db, 91 * DAY);
  forgetSeenSessions(db, 61 * DAY);
  expect(wasSessionSeen(db, session)).toBe(false);
});

test("a session accepted lately is remembered", () => {
  rememberSession(db, session, 50 * DAY);
  forgetSeenSessions(db, 30 * DAY);
  expect(wasSessionSeen(db, session)).toBe(true);
});
