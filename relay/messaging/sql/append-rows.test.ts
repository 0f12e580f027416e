import { afterAll, beforeAll, expect, test } from "vitest";
import {
  incarnation,
  logStart,
  conversationId as makeConversationId,
  randomBytes,
} from "../../../keys/index.ts";
import { type BareRelay, nth, startBareRelay } from "../../../test/support/bare-relay.ts";
import { openDirect } from "../../../test/support/raw-stream.ts";
import { appendRows, type LogMove, type NewRow } from "./append-rows.ts";

let relay: BareRelay;
const ids: Uint8Array[] = [];

beforeAll(async () => {
  relay = await startBareRelay();
  const alice = await relay.person("alice");
  for (const name of ["bob", "carol"]) {
    const { conversation } = await openDirect(nth(alice.devices, 0), await relay.person(name));
    ids.push(conversation.conversationId);
  }
  await relay.database.query("update conversations set log_hash = $1::bytea", [startHash]);
});

afterAll(() => relay.stop());

const startHash = randomBytes(32);

/** To a log hash by its length alone. */
function hashAt(id: Uint8Array, head: bigint): Uint8Array {
  return head === 0n ? startHash : Buffer.concat([id.subarray(0, 31), Buffer.from([Number(head)])]);
}

function move(id: Uint8Array, fromHead: bigint, rosterVersion = 1n): LogMove {
  const toHead = fromHead + 1n;
  const [fromHash, logHash] = [hashAt(id, fromHead), hashAt(id, toHead)];
  return { conversationId: id, fromHead, fromHash, rosterVersion, toHead, logHash, writtenBy: 0 };
}

function row(id: Uint8Array, sequence: bigint): NewRow {
  return {
    conversationId: id,
    sequence,
    messageId: randomBytes(16),
    sender: randomBytes(32),
    senderDevice: randomBytes(16),
    envelopeHash: randomBytes(32),
    rowHash: randomBytes(32),
    logHash: logStart(makeConversationId(id), incarnation(new Uint8Array(16))).hash,
    rosterVersion: 1,
    storedAt: 1,
    expiresAt: 0,
    envelope: randomBytes(10),
    packedWraps: randomBytes(10),
  };
}

async function lengths(): Promise<bigint[]> {
  const heads: bigint[] = [];
  for (const id of ids) {
    const { rows } = await relay.database.query<{ head: bigint; rows: bigint }>(
      `select head, (select count(*) from log where log.conversation_id = conversations.conversation_id) as rows
      from conversations
      where conversation_id = $1::bytea`,
      [id],
    );
    expect(rows[0]?.head).toBe(rows[0]?.rows);
    heads.push(rows[0]?.head ?? -1n);
  }
  return heads;
}

test("logs that are as they were read move, the others and their rows stay out", async () => {
  const [one = new Uint8Array(), other = new Uint8Array()] = ids;
  const both = await appendRows(
    relay.database,
    [move(one, 0n), move(other, 0n)],
    [row(one, 1n), row(other, 1n)],
  );
  expect(both).toHaveLength(2);
  const behind = await appendRows(
    relay.database,
    [move(one, 1n), move(other, 0n)],
    [row(other, 1n), row(one, 2n)],
  );
  expect(behind?.map(({ conversationId }) => conversationId)).toEqual([one]);
  expect(await lengths()).toEqual([2n, 1n]);
});

test("a roster that moved since it was read keeps its log where it is", async () => {
  const [one = new Uint8Array()] = ids;
  const before = await lengths();
  expect(await appendRows(relay.database, [move(one, 2n, 2n)], [row(one, 3n)])).toEqual([]);
  expect(await lengths()).toEqual(before);
});

test("rivals for one number: one of them gets it", async () => {
  const [, other = new Uint8Array()] = ids;
  const rivals = await Promise.all(
    Array.from({ length: 5 }, () => appendRows(relay.database, [move(other, 1n)], [row(other, 2n)])),
  );
  expect(rivals.map((moved) => moved?.length).sort()).toEqual([0, 0, 0, 0, 1]);
  expect((await lengths())[1]).toBe(2n);
});

test("a log whose last row is another than was known stays as it is", async () => {
  const [one = new Uint8Array()] = ids;
  const before = await lengths();
  const elsewhere = { ...move(one, 2n), fromHash: randomBytes(32) };
  expect(await appendRows(relay.database, [elsewhere], [row(one, 3n)])).toEqual([]);
  expect(await lengths()).toEqual(before);
});

test("with a message that is in its log already nothing moves, and the rest goes in without it", async () => {
  const [one = new Uint8Array(), other = new Uint8Array()] = ids;
  const first = row(one, 3n);
  expect(await appendRows(relay.database, [move(one, 2n)], [first])).toHaveLength(1);
  const again = { ...first, sequence: 5n };
  const moves = [move(one, 3n), move(other, 2n)];
  expect(await appendRows(relay.database, moves, [row(one, 4n), again, row(other, 3n)])).toBeUndefined();
  expect(await lengths()).toEqual([3n, 2n]);
  expect(await appendRows(relay.database, moves, [row(one, 4n), row(other, 3n)])).toHaveLength(2);
  expect(await lengths()).toEqual([4n, 3n]);
  // Another device may use the same number.
  const ofAnother = { ...first, sequence: 5n, senderDevice: randomBytes(16) };
  expect(await appendRows(relay.database, [move(one, 4n)], [ofAnother])).toHaveLength(1);
});

test("whoever moves the same logs in another order does not wait in a circle", async () => {
  const [one = new Uint8Array(), other = new Uint8Array()] = ids;
  for (let [ofOne, ofOther] = await lengths(); ; ) {
    if (ofOne === undefined || ofOther === undefined || ofOne > 200n) break;
    const moves = [move(one, ofOne), move(other, ofOther)];
    const [next, nextOther] = [ofOne + 1n, ofOther + 1n];
    const rivals = [moves, moves.toReversed(), moves, moves.toReversed()].map((inOrder) =>
      appendRows(relay.database, inOrder, [row(one, next), row(other, nextOther)]),
    );
    expect((await Promise.all(rivals)).flat().length).toBe(2);
    [ofOne, ofOther] = [next, nextOther];
  }
});
