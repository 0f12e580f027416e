import { setTimeout as pause } from "node:timers/promises";
import type { Client } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { randomBytes, toHex } from "../../keys/index.ts";
import { dial, joinRelay, type Member } from "../../test/support/member.ts";
import { envelopeBy, type Opened, openDirect, RawStream, wrapsBy } from "../../test/support/raw-stream.ts";
import { type SpawnedRelay, spawnRelay } from "../../test/support/relay.ts";

let relay: SpawnedRelay;

beforeAll(async () => {
  relay = await spawnRelay({ sources: true });
});

const clients: Client[] = [];

afterAll(async () => {
  for (const client of clients) client.close();
  await relay.stop();
});

/** A member as one of the devices that the stream helpers take. */
function deviceOf(member: Member) {
  const client = dial(relay.url);
  clients.push(client, member.client);
  const person = { ...member, accountId: member.chain.accountId, devices: [] };
  return { person, keys: member.device, client, metadata: member.metadata() };
}

interface Sent {
  readonly envelope: Uint8Array;
  readonly wraps: Uint8Array;
  /** What the relay answered, unless it died first. */
  sequence?: bigint;
}

async function sendUntilTheEnd(from: ReturnType<typeof deviceOf>, { roster }: Opened): Promise<Sent[]> {
  const all: Sent[] = [];
  const stream = await RawStream.open(from);
  const one = async (): Promise<void> => {
    for (;;) {
      const sent: Sent = {
        envelope: envelopeBy(from, roster, { messageId: randomBytes(16) }),
        wraps: wrapsBy(from, roster),
      };
      all.push(sent);
      const answer = await stream.submit(sent.envelope, sent.wraps).catch(() => undefined);
      if (answer === undefined) return;
      if (typeof answer === "bigint") sent.sequence = answer;
    }
  };
  await Promise.all([one(), one(), one(), one()]);
  return all;
}

test.each(["relay", "both"] as const)(
  "kill -9 of %s loses nothing acknowledged, doubles nothing resent",
  async (victim) => {
    const [alice, bob] = await Promise.all(
      ["alice", "bob"].map((name) => joinRelay(relay.url, `${name}-${victim}`)),
    );
    if (alice === undefined || bob === undefined) throw new Error("two members");
    const a = deviceOf(alice);
    const opened = await openDirect(a, { accountId: bob.chain.accountId });
    const id = opened.conversation.conversationId;
    // Whoever was never answered may write only so much.
    const b = deviceOf(bob);
    const answer = await RawStream.open(b);
    const hello = envelopeBy(b, opened.roster, { messageId: randomBytes(16) });
    await answer.submit(hello, wrapsBy(b, opened.roster));
    await answer.finish();
    const sending = sendUntilTheEnd(a, opened);
    await pause(300);
    await relay.kill(victim);
    const sent = await sending;
    await relay.startAgain();

    const again = await RawStream.open(deviceOf(alice));
    for (const { envelope, wraps, sequence } of sent) {
      const answer = await again.submit(envelope, wraps);
      if (sequence !== undefined) expect(answer).toBe(sequence);
      expect(typeof answer).toBe("bigint");
    }
    const reader = await RawStream.open(b);
    const rows = await reader.pullAll(id);
    expect(rows.map(({ sequence }) => Number(sequence))).toEqual(rows.map((_, index) => index + 1));
    expect(
      rows
        .slice(1)
        .map(({ envelope }) => toHex(envelope))
        .sort(),
    ).toEqual(sent.map(({ envelope }) => toHex(envelope)).sort());
    expect(sent.filter(({ sequence }) => sequence !== undefined).length).toBeGreaterThan(3);
    for (const stream of [again, reader]) await stream.finish();
  },
);
