import pg from "pg";
import { beforeEach, expect, test } from "vitest";
import { Storing } from "./storing.ts";

let storing: Storing;

beforeEach(() => {
  storing = new Storing();
});

function failure(code: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError("no", 0, "error"), { code, severity: "ERROR" });
}

function fail(code: string, times: number, isSubmit = true): void {
  for (let time = 0; time < times; time += 1) storing.failed(failure(code), isSubmit);
}

test("a full disk is trouble at once, whatever it was that found none, and one that fits in is no recovery", () => {
  fail("53100", 1, false);
  expect(storing.trouble).toBe("database_full");
  storing.succeeded();
  expect(storing.trouble).toBe("database_full");
  storing.recovered();
  expect(storing.trouble).toBeUndefined();
  fail("25006", 1);
  expect(storing.trouble).toBe("database_read_only");
});

test("time-outs are trouble when nothing else comes, and over with the first batch that is stored", () => {
  fail("57014", 2);
  storing.succeeded();
  fail("57014", 2);
  expect(storing.trouble).toBeUndefined();
  fail("57014", 1);
  expect(storing.trouble).toBe("cannot_store");
  storing.succeeded();
  expect(storing.trouble).toBeUndefined();
});

test("who sends the same twice, or what PostgreSQL does not take, does not make the relay unready", () => {
  fail("23505", 100);
  fail("40P01", 100);
  fail("22021", 100);
  expect(storing.trouble).toBeUndefined();
});

test("other statements that take too long say nothing of storing", () => {
  fail("57014", 100, false);
  expect(storing.trouble).toBeUndefined();
});
