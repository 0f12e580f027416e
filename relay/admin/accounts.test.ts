import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../test/support/postgres.ts";
import { type AccountListed, listAccounts } from "./accounts.ts";
import { selectLongestName } from "./sql/accounts.ts";

let fresh: FreshDatabase;
const names = ["amber", "Zoe", "a_b", "ann", "bob", "carla", "deborah.with-a-long-name"];

beforeAll(async () => {
  fresh = await freshDatabase();
  expect(await pagesOf(2)).toEqual([]);
  for (const [n, name] of names.entries()) {
    const id = randomBytes(32);
    await fresh.database.query(
      `insert into accounts (account_id, name, registered_at, head_sequence, head_hash)
      values ($1, $2, $3, 1, $1)`,
      [id, name, n],
    );
    for (let device = 0; device < n; device += 1) {
      await fresh.database.query(
        `insert into devices (account_id, device_id, signing_key, active, added_sequence, seen_at)
        values ($1, $2, $3, $4, 1, $5)`,
        [id, randomBytes(16), randomBytes(32), device > 0, 1_000 * device],
      );
    }
  }
  await fresh.database.query("update accounts set deleted_at = 1 where name = 'carla'");
});
afterAll(() => fresh.drop());

async function pagesOf(size: number): Promise<(readonly AccountListed[])[]> {
  const pages: (readonly AccountListed[])[] = [];
  await listAccounts(fresh.database, (page) => pages.push(page), size);
  return pages;
}

test("accounts come in pages, each once, in the order of their names, without those that were deleted", async () => {
  const there = names.filter((name) => name !== "carla").sort();
  for (const size of [1, 2, 3, 6, 100]) {
    const pages = await pagesOf(size);
    expect(pages.every((page) => page.length <= size)).toBe(true);
    expect(pages.flat().map(({ name }) => name)).toEqual(there);
  }
});

test("devices are counted of each, those that are in, and the last that was seen", async () => {
  const all = (await pagesOf(2)).flat();
  const of = (name: string) => all.find((one) => one.name === name);
  expect(of("amber")).toMatchObject({
    registeredAt: 0,
    devices: 0,
    seenAt: undefined,
    disabledAt: undefined,
  });
  expect(of("bob")).toMatchObject({ registeredAt: 4, devices: 3, seenAt: 3_000 });
});

test("the longest name is known before the first page", async () => {
  expect(await selectLongestName(fresh.database)).toBe("deborah.with-a-long-name".length);
});
