import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { conversationId, toHex } from "../../keys/index.ts";
import { type BareRelay, nth, startBareRelay } from "../../test/support/bare-relay.ts";
import { envelopeBy, openDirect, RawStream, wrapsBy } from "../../test/support/raw-stream.ts";
import type { Moved } from "../fanout/bus.ts";
import { Doubts } from "./doubts.ts";

let relay: BareRelay;

beforeAll(async () => {
  relay = await startBareRelay();
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => relay.stop());

test("who is live hears of a message whose connection to the database broke behind it", async () => {
  const [alice, bob] = [await relay.person("alice"), await relay.person("bob")];
  const [a, b] = [nth(alice.devices, 0), nth(bob.devices, 0)];
  const { conversation, roster } = await openDirect(a, bob);
  const [sender, reader] = [await RawStream.open(a), await RawStream.open(b, { live: true })];
  const query = relay.database.query.bind(relay.database);
  const broken = vi.spyOn(relay.database, "query").mockImplementation(async (statement, values) => {
    const result = await query(statement, values);
    const name = typeof statement === "string" ? undefined : statement.name;
    if (name === "append-rows") throw new Error("Connection terminated unexpectedly");
    return result as never;
  });
  const sealed = [envelopeBy(a, roster), wrapsBy(a, roster)] as const;
  expect(await sender.submit(...sealed)).toBe("relay_unavailable");
  broken.mockRestore();
  const heads = () => reader.heads.filter(({ head }) => head === 1n);
  await vi.waitFor(() => expect(heads()).toHaveLength(1), 5_000);
  expect(toHex(nth(heads(), 0).conversationId)).toBe(toHex(conversation.conversationId));
  expect(await sender.submit(...sealed)).toBe(1n);
});

test("all logs in doubt are told together, when the database answers and not before", async () => {
  const told: Moved[] = [];
  let isBack = false;
  let asked = 0;
  const doubts = new Doubts({
    isBack: async () => {
      asked += 1;
      return isBack;
    },
    publish: (event) => told.push(event),
    everyMs: 5,
  });
  const log = (value: number): Moved => {
    return { kind: "moved", conversationId: conversationId(new Uint8Array(32).fill(value)), devices: ["a"] };
  };
  doubts.add([log(1), log(2)]);
  doubts.add([log(2), log(3)]);
  await vi.waitFor(() => expect(asked).toBeGreaterThan(2));
  expect(told).toEqual([]);
  isBack = true;
  await vi.waitFor(() => expect(told).toEqual([log(1), log(2), log(3)]));
  doubts.add([log(4)]);
  await vi.waitFor(() => expect(told).toHaveLength(4));
});
