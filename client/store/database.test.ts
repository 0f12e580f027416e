import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { changeMarker, openDatabase, snapshot, statement, transact } from "./database.ts";
import { StoreError, type StoreErrorCode } from "./store-error.ts";
import { readTokens, replaceTokens, saveTokens } from "./tokens.ts";

const key = new Uint8Array(32).fill(7);
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-store-"));
  path = join(folder, "profiles", "default", "profile.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function failure(work: () => unknown): StoreErrorCode | undefined {
  try {
    work();
  } catch (error) {
    return StoreError.from(error).code;
  }
  return undefined;
}

test("a new profile is readable by its owner only", () => {
  const db = openDatabase(path, key, { create: true });
  saveTokens(db, { accessToken: "a", accessExpiresAt: 1, refreshToken: "r" });
  const inside = join(folder, "profiles", "default");
  expect(statSync(inside).mode & 0o777).toBe(0o700);
  expect(readdirSync(inside).length).toBeGreaterThan(1);
  for (const file of readdirSync(inside)) expect(statSync(join(inside, file)).mode & 0o777, file).toBe(0o600);
  db.close();
});

test("nothing that was written can be read from the files", () => {
  const db = openDatabase(path, key, { create: true });
  saveTokens(db, {
    accessToken: "canary-in-the-mine",
    accessExpiresAt: 1,
    refreshToken: "canary-in-the-mine",
  });
  const inside = join(folder, "profiles", "default");
  for (const round of ["open", "closed"]) {
    for (const file of readdirSync(inside)) {
      const bytes = readFileSync(join(inside, file));
      expect(bytes.includes("canary-in-the-mine"), `${file}, ${round}`).toBe(false);
      expect(bytes.includes("SQLite format"), `${file}, ${round}`).toBe(false);
      expect(bytes.includes("refresh_token"), `${file}, ${round}`).toBe(false);
    }
    db.close();
  }
});

test("a wrong key, a missing, foreign or newer file each have their own error", () => {
  expect(failure(() => openDatabase(path, key))).toBe("missing");
  openDatabase(path, key, { create: true }).close();
  expect(failure(() => openDatabase(path, new Uint8Array(32)))).toBe("wrong_key");
  expect(failure(() => openDatabase(path, new Uint8Array(16)))).toBe("wrong_key");
  const db = openDatabase(path, key);
  db.pragma("user_version = 1000");
  db.close();
  expect(failure(() => openDatabase(path, key))).toBe("newer");
  writeFileSync(path, "not a database at all, just text".repeat(200));
  expect(failure(() => openDatabase(path, key))).toBe("wrong_key");
});

test("a profile that cannot be written says so", () => {
  writeFileSync(join(folder, "file"), "");
  expect(failure(() => openDatabase(join(folder, "file", "profile.db"), key, { create: true }))).toBe(
    "cannot_write",
  );
  const db = openDatabase(path, key, { create: true });
  // A full disk, as SQLite sees it.
  db.pragma(`max_page_count = ${db.pragma("page_count", { simple: true })}`);
  const filler = "x".repeat(100_000);
  expect(failure(() => saveTokens(db, { accessToken: filler, accessExpiresAt: 1, refreshToken: "r" }))).toBe(
    "cannot_write",
  );
  expect(readTokens(db)).toBeUndefined();
  db.close();
});

test("a broken page is told from a wrong key, and nothing is read from it", () => {
  const db = openDatabase(path, key, { create: true });
  saveTokens(db, { accessToken: "x".repeat(100_000), accessExpiresAt: 1, refreshToken: "r" });
  db.close();
  const bytes = readFileSync(path);
  bytes.fill(0x5a, bytes.length - 2048, bytes.length - 1024);
  writeFileSync(path, bytes);
  const again = openDatabase(path, key);
  expect(failure(() => readTokens(again))).toBe("damaged");
  again.close();
});

test("many processes may make the same profile at once", () => {
  const program = `
    import { openDatabase, transact, statement } from ${JSON.stringify(join(import.meta.dirname, "database.ts"))};
    const db = openDatabase(${JSON.stringify(path)}, new Uint8Array(32).fill(7), { create: true });
    transact(db, () => statement(db, "insert into tokens values (1, '', 0, '') on conflict do update set access_expires_at = access_expires_at + 1").run());
    db.close();`;
  const script = `for i in 1 2 3 4 5 6 7 8 9 10 11 12; do "$0" --input-type=module-typescript -e "$1" & done; for job in $(jobs -p); do wait $job || exit 1; done`;
  const { status, stderr } = spawnSync("bash", ["-c", script, process.execPath, program], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const db = openDatabase(path, key);
  expect(readTokens(db)?.accessExpiresAt).toBe(11);
  db.close();
});

test("a transaction is all or nothing, and another connection sees that it happened", () => {
  const db = openDatabase(path, key, { create: true });
  const other = openDatabase(path, key);
  const before = changeMarker(other);
  expect(() =>
    transact(db, () => {
      saveTokens(db, { accessToken: "a", accessExpiresAt: 1, refreshToken: "r" });
      throw new Error("no");
    }),
  ).toThrow("no");
  expect(readTokens(other)).toBeUndefined();
  expect(changeMarker(other)).toBe(before);
  transact(db, () => saveTokens(db, { accessToken: "a", accessExpiresAt: 1, refreshToken: "r" }));
  expect(changeMarker(other)).not.toBe(before);
  expect(readTokens(other)?.refreshToken).toBe("r");
  expect(statement(db, "select 1")).toBe(statement(db, "select 1"));
  db.close();
  other.close();
});

test("of two refreshes only the first is kept", () => {
  const db = openDatabase(path, key, { create: true });
  saveTokens(db, { accessToken: "a", accessExpiresAt: 1, refreshToken: "one" });
  expect(replaceTokens(db, "one", { accessToken: "b", accessExpiresAt: 2, refreshToken: "two" })).toBe(true);
  expect(replaceTokens(db, "one", { accessToken: "c", accessExpiresAt: 2, refreshToken: "three" })).toBe(
    false,
  );
  expect(readTokens(db)?.accessToken).toBe("b");
  db.close();
});

test("a process of an older version stops as soon as a newer one has brought the profile up to date", () => {
  const db = openDatabase(path, key, { create: true });
  const newer = openDatabase(path, key);
  const version = newer.pragma("user_version", { simple: true });
  newer.pragma(`user_version = ${Number(version) + 1}`);
  const write = () =>
    transact(db, () => saveTokens(db, { accessToken: "a", accessExpiresAt: 1, refreshToken: "r" }));
  expect(failure(write)).toBe("newer");
  expect(failure(() => snapshot(db, () => readTokens(db)))).toBe("newer");
  // One that waited for the newer one's migration does not count the version back.
  expect(failure(() => openDatabase(path, key))).toBe("newer");
  expect(newer.pragma("user_version", { simple: true })).toBe(Number(version) + 1);
  db.close();
  newer.close();
});
