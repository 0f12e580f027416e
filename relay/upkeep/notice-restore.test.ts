import { copyFile, cp, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { conversationId, incarnation, logStart } from "../../keys/index.ts";
import {
  type BareRelay,
  nth,
  type Person,
  startBareRelay,
  type TestDevice,
} from "../../test/support/bare-relay.ts";
import { keptLog } from "../../test/support/log.ts";
import { envelopeBy, openDirect, RawStream, wrapsBy } from "../../test/support/raw-stream.ts";
import { createMetrics } from "../metrics/metrics.ts";
import { keepMark } from "./notice-restore.ts";

let relay: BareRelay;
let folder: string;
let alice: Person;
let a: TestDevice;
let b: TestDevice;

beforeEach(async () => {
  relay = await startBareRelay();
  folder = await mkdtemp(join(tmpdir(), "sotto-mark-"));
  alice = await relay.person("alice");
  a = nth(alice.devices, 0);
  b = nth((await relay.person("bob")).devices, 0);
});

afterEach(async () => {
  await relay.stop();
  await rm(folder, { recursive: true });
});

/** A relay starts on the folder and ends. Whether it took the database for one that was put back. */
async function start(on = folder): Promise<boolean> {
  const { log, lines } = keptLog();
  const stop = await keepMark({
    database: relay.database,
    folder: on,
    clock: Date.now,
    log,
    metrics: createMetrics(),
  });
  await stop();
  return lines().includes("put back");
}

const mark = () => join(folder, "mark.json");

async function marksNow(): Promise<unknown[]> {
  return (await relay.database.query("select * from relay_marks")).rows;
}

test("starts, however often, are no restore, nor is a file that was lost", async () => {
  for (let times = 0; times < 3; times += 1) expect(await start()).toBe(false);
  await rm(mark());
  expect(await start()).toBe(false);
});

test("a database that is behind the folder was put back, once", async () => {
  await start();
  const before = await marksNow();
  await start();
  const [{ mark: older, folder_id: id }] = before as [{ mark: bigint; folder_id: Buffer }];
  await relay.database.query("update relay_marks set mark = $1::int8 where folder_id = $2", [older, id]);
  expect(await start()).toBe(true);
  expect(await start()).toBe(false);
});

test("a database from before the folder's first start was put back", async () => {
  await start();
  await relay.database.query("delete from relay_marks");
  expect(await start()).toBe(true);
});

test("folder and database that were put back together are noticed by the copy of the file", async () => {
  await start();
  await copyFile(mark(), `${mark()}.backup`);
  const [kept] = (await marksNow()) as [{ mark: bigint; place: string }];
  expect(await start()).toBe(false);
  // As it was at the first stop, database and folder.
  await relay.database.query("update relay_marks set mark = $1::int8, place = $2", [kept.mark, kept.place]);
  await writeFile(mark(), await readFile(`${mark()}.backup`));
  expect(await start()).toBe(true);
  expect(await start()).toBe(false);
});

test("a folder that moves is the same folder, one that was copied is not", async () => {
  await start();
  await rename(folder, `${folder}-moved`);
  folder = `${folder}-moved`;
  expect(await start()).toBe(false);
  await cp(folder, `${folder}-copied`, { recursive: true });
  await rm(folder, { recursive: true });
  folder = `${folder}-copied`;
  expect(await start()).toBe(true);
});

test("several relays that start after it deal with it once, on one folder or each on its own", async () => {
  const other = await mkdtemp(join(tmpdir(), "sotto-mark-"));
  const places = [folder, folder, other];
  for (const place of places) await start(place);
  await openDirect(a, b.person);
  for (let times = 0; times < 2; times += 1) {
    await relay.database.query("delete from relay_marks");
    const noticed = await Promise.all(places.map((place) => start(place)));
    expect(noticed.filter((one) => one)).toHaveLength(1);
  }
  await rm(other, { recursive: true });
});

test("each log goes on as another incarnation, and every device is told until it says that it knows", async () => {
  await start();
  const opened = await openDirect(a, b.person);
  const id = opened.conversation.conversationId;
  const stream = await RawStream.open(a);
  const first = await stream.submitted(envelopeBy(a, opened.roster), wrapsBy(a, opened.roster));
  await stream.finish();
  const reader = await RawStream.open(b);
  reader.acknowledge(id, 1n);
  await reader.finish();
  await relay.database.query("delete from relay_marks");
  expect(await start()).toBe(true);

  const again = await openDirect(a, b.person);
  const { conversation } = again;
  expect(conversation.incarnation).not.toEqual(opened.conversation.incarnation);
  const begin = logStart(conversationId(id), incarnation(opened.conversation.incarnation));
  expect(conversation).toMatchObject({
    head: 1n,
    restoredSequence: 1n,
    restoredHash: first.$typeName === "sotto.relay.v1.Accepted" ? first.logHash : undefined,
    start: 0n,
    startHash: begin.hash,
  });
  const told = await RawStream.open(b);
  expect(told.heads.map(({ incarnation: made }) => made)).toEqual([conversation.incarnation]);
  const restoredAt = told.welcome?.restoredAt ?? 0n;
  expect(Number(restoredAt)).toBeGreaterThan(Date.now() - 60_000);
  await told.finish();
  const knowing = new RawStream(b);
  knowing.send({ case: "hello", value: { restoredKnown: restoredAt } });
  await knowing.ping();
  expect(knowing.heads).toEqual([]);
  await knowing.finish();

  // And once more: who has heard of neither goes on at the first cut, who has heard of that at the second.
  const more = await RawStream.open(a);
  await more.submitted(envelopeBy(a, again.roster), wrapsBy(a, again.roster));
  await more.finish();
  await relay.database.query("delete from relay_marks");
  expect(await start()).toBe(true);
  for (const [restoredKnown, cut] of [
    [0n, 1n],
    [restoredAt, 2n],
  ] as const) {
    const late = new RawStream(b);
    late.send({ case: "hello", value: { restoredKnown } });
    await late.ping();
    expect(late.heads).toMatchObject([{ head: 2n, restoredSequence: cut }]);
    await late.finish();
  }
});

test("one-time prekeys that may have been handed out are forgotten", async () => {
  await start();
  await relay.database.query("insert into prekeys (account_id, device_id) values ($1, $2)", [
    alice.accountId,
    a.keys.deviceId,
  ]);
  await relay.database.query(
    "insert into one_time_prekeys (account_id, device_id, prekey_id, prekey) values ($1, $2, 7, '')",
    [alice.accountId, a.keys.deviceId],
  );
  await start();
  const count = async () => (await relay.database.query("select from one_time_prekeys")).rowCount;
  expect(await count()).toBe(1);
  await relay.database.query("delete from relay_marks");
  await start();
  expect(await count()).toBe(0);
});
