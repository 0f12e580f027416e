// What people see of a member who does what no honest client would, on an honest relay or in league with a hostile one.
import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { conversationWith } from "../../client/core/conversations/conversations.ts";
import { setPolicy } from "../../client/core/groups/manage-group.ts";
import type { ContentInit } from "../../client/core/outbox/encode-content.ts";
import { queueControl } from "../../client/core/outbox/queue-silent.ts";
import { annotationsOf } from "../../client/store/annotations.ts";
import { deviceId as asDeviceId, type DeviceAddress, messageId } from "../../keys/index.ts";
import { VoteValue } from "../../proto/gen/sotto/chat/v1/content_pb.ts";
import { startTestRelay, type TestRelay } from "../support/relay.ts";
import {
  acquaint,
  anotherLog,
  catchUp,
  inside,
  make,
  numberOf,
  openRoom,
  reads,
  say,
  type Victim,
  victim,
} from "./group-scene.ts";
import { type Forged, type Forgery, forge, rowFor, submit } from "./malicious-member.ts";

let relay: TestRelay;
let everyone: Victim[] = [];
let alice: Victim;
let bob: Victim;
let mallory: Victim;
let room: string;
let id: Uint8Array;
let rooms = 0;

beforeAll(async () => {
  relay = await startTestRelay();
  everyone = await Promise.all(["alice", "bob", "mallory"].map((name) => victim(name, relay.url)));
  [alice, bob, mallory] = everyone as [Victim, Victim, Victim];
});

beforeEach(async () => {
  rooms += 1;
  room = `room-${rooms}`;
  id = await openRoom(room, alice, bob, mallory);
  await acquaint(room, alice, bob, mallory);
});

afterEach(() => {
  for (const { liar } of everyone) liar.tricks = { answers: {} };
});

afterAll(async () => {
  await Promise.all(everyone.map((each) => each.leave()));
  await relay?.stop();
});

const text = (said: string): ContentInit => ({ case: "text", value: { text: said } });

function addressOf(who: Victim): Promise<DeviceAddress> {
  return inside(who, ({ identity: { accountId, deviceId } }) => ({ accountId, deviceId }));
}

/** Seals by hand what mallory says in the room. */
function forged(...forgeries: readonly Forgery[]): Promise<Forged[]> {
  return inside(mallory, (profile) =>
    forgeries.map((forgery) => forge(profile, numberOf(profile, room), forgery)),
  );
}

/** The same, and the relay takes it. */
async function says(...forgeries: readonly Forgery[]): Promise<void> {
  const all = await forged(...forgeries);
  await inside(mallory, (_, connection) => submit(connection, ...all));
}

/** Has a relay that is in league with mallory deliver it to bob, before all that is new. */
async function slippedToBob(made: readonly Forged[]): Promise<void> {
  const to = await addressOf(bob);
  const rows = made.map((each) => rowFor(to, each));
  bob.liar.tricks.toClient = anotherLog(id, { rows: (honest) => [...rows, ...honest], longer: rows.length });
}

async function shown(who: Victim): Promise<Record<string, unknown>[]> {
  return who.person.json(["read", `#${room}`, "-n", "50"]);
}

/** The newest message of the room, as an annotation names it. */
async function newest(who: Victim): Promise<{ messageId: Uint8Array; deviceId: Uint8Array }> {
  const last = (await shown(who)).at(-1);
  return {
    messageId: Buffer.from(String(last?.["id"]), "hex"),
    deviceId: Buffer.from(String(last?.["device"]), "hex"),
  };
}

test("a message in another's name is refused by the relay, and opens for nobody if it is not", async () => {
  const [fake] = await forged({ content: text("I owe mallory 100"), sender: await addressOf(alice) });
  if (fake === undefined) throw new Error("nothing forged");
  await expect(inside(mallory, (_, connection) => submit(connection, fake))).rejects.toThrow(/refused/);
  await say(alice, `#${room}`, "truly alice");
  await slippedToBob([fake]);
  const read = await reads(bob, `#${room}`, "-n", "2");
  expect(read.stdout).toMatch(/\[could not be read: .*\]\n.*Ask alice.*\n.*truly alice/);
  expect(read.stdout).not.toContain("100");
});

test("two messages under one id: the relay refuses the second, and if it does not the first one stays", async () => {
  const chosen = randomBytes(16);
  const [first, second] = await forged(
    { content: text("I agree"), messageId: chosen },
    { content: text("I never agreed"), messageId: chosen },
  );
  if (first === undefined || second === undefined) throw new Error("nothing forged");
  await inside(mallory, (_, connection) => submit(connection, first));
  await expect(inside(mallory, (_, connection) => submit(connection, second))).rejects.toThrow(/refused/);
  await bob.person.ok(["read", `#${room}`]);
  await say(alice, `#${room}`, "so what?");
  await slippedToBob([second]);
  const read = await reads(bob, `#${room}`);
  expect(read).toMatchObject({ code: 76, stderr: expect.stringMatching(/a second time. It is shown once/) });
  expect(read.stdout).toContain("I agree");
  expect(read.stdout).not.toContain("never");
});

test("others' messages cannot be edited, deleted or pinned by who may not", async () => {
  await say(alice, `#${room}`, "the price is 10");
  await catchUp(mallory);
  const target = await newest(bob);
  await says(
    { content: { case: "edit", value: { target, text: "the price is 99", version: 9n } } },
    { content: { case: "delete", value: { target } } },
    { content: { case: "pin", value: { target, pinned: true, version: 1n } } },
  );
  const read = await reads(bob, `#${room}`);
  expect(read).toMatchObject({ code: 0, stderr: "" });
  expect((await shown(bob)).at(-1)).toMatchObject({
    text: "the price is 10",
    edited: false,
    deleted: false,
    pinned: false,
  });
});

test("who votes often has one vote, and who reacts to nothing has done nothing", async () => {
  await say(alice, `#${room}`, "pizza?");
  await catchUp(mallory);
  const target = await newest(bob);
  const nothing = { messageId: randomBytes(16), deviceId: randomBytes(16) };
  const up = (version: bigint): ContentInit => ({
    case: "vote",
    value: { target, value: VoteValue.UP, version },
  });
  await says(
    { content: up(1n) },
    { content: up(1n) },
    { content: up(2n) },
    { content: up(2n ** 53n - 1n) },
    { content: up(2n ** 64n - 1n) },
    { content: { case: "reactions", value: { target: nothing, emoji: ["👻"], version: 1n } } },
    { content: { case: "vote", value: { target: nothing, value: VoteValue.DOWN, version: 1n } } },
    { content: { case: "edit", value: { target: nothing, text: "boo", version: 1n } } },
  );
  const before = (await shown(bob)).length;
  const messages = await shown(bob);
  expect(messages.at(-1)).toMatchObject({
    text: "pizza?",
    votes: { up: 1, down: 0, mine: null },
    reactions: {},
  });
  expect(messages).toHaveLength(before);
  await bob.person.ok(["react", String(messages.at(-1)?.["id"]), "👍"]);
});

test("messages from 1970 and from the end of time stand where they came, with times that can be read", async () => {
  await say(alice, `#${room}`, "before");
  await catchUp(mallory);
  await says(
    { content: text("backdated"), sentAt: 0 },
    { content: text("postdated"), sentAt: Number.MAX_SAFE_INTEGER },
  );
  await say(alice, `#${room}`, "after");
  const read = await reads(bob, `#${room}`);
  expect(read).toMatchObject({ code: 0, stderr: "" });
  expect(read.stdout).toMatch(/before\n.*backdated\n.*postdated\n.*after/s);
  expect(read.stdout).not.toMatch(/NaN|Invalid/);
  const times = (await shown(bob)).map((message) => String(message["sent_at"]));
  for (const time of times) expect(new Date(time).getTime()).not.toBeNaN();
  for (const command of [["list"], ["search", "postdated"]]) {
    const { code, stdout } = await bob.person.chat(command);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.not.stringMatching(/NaN|Invalid/) });
  }
});

test("a flood of messages, votes and edits hides nothing, and leaves no heap for others to weigh", async () => {
  await say(alice, `#${room}`, "under it all");
  await catchUp(mallory);
  const target = await newest(bob);
  const own = randomBytes(16);
  const { deviceId } = await addressOf(mallory);
  await says(
    { content: text("my own"), messageId: own },
    ...times(150, (count) => ({ content: text(`buy ${count}`) })),
    ...times(50, (count) => ({
      content: {
        case: "vote",
        value: { target, value: count % 2 === 0 ? VoteValue.UP : VoteValue.DOWN, version: BigInt(count) },
      },
    })),
    ...times(105, (count) => ({
      content: {
        case: "edit",
        value: {
          target: { messageId: own, deviceId },
          text: `my own ${count}`,
          // Not in the order in which they are sent.
          version: BigInt(count === 3 ? 1_000 : count),
        },
      },
    })),
  );
  await say(alice, `#${room}`, "above it all");
  const read = await reads(bob, `#${room}`, "-n", "200");
  expect(read).toMatchObject({ code: 0, stdout: expect.stringMatching(/under it all.*above it all/s) });
  expect(read.stdout).toMatch(/my own 3\b/);
  const kept = await inside(bob, (profile) =>
    [target, { messageId: own, deviceId }].map(
      (name) =>
        annotationsOf(profile.db, numberOf(profile, room), {
          messageId: messageId(name.messageId),
          deviceId: asDeviceId(name.deviceId),
        }).length,
    ),
  );
  expect(kept).toEqual([1, 100]);
});

function times(count: number, make: (count: number) => Forgery): Forgery[] {
  return Array.from({ length: count }, (_, index) => make(index + 1));
}

test("an announcement room shows nothing of who may not write there, even if the relay lets him", async () => {
  await inside(alice, (profile, connection) =>
    setPolicy(profile, connection, numberOf(profile, room), { post: "admin" }),
  );
  await catchUp(mallory);
  await catchUp(bob);
  const [made] = await forged({ content: text("buy my coins") });
  if (made === undefined) throw new Error("nothing forged");
  await expect(inside(mallory, (_, connection) => submit(connection, made))).rejects.toThrow(/refused/);
  await say(alice, `#${room}`, "the announcement");
  await slippedToBob([made]);
  const read = await reads(bob, `#${room}`);
  expect(read.stdout).toContain("the announcement");
  expect(read.stdout).not.toContain("coins");
});

test("titles of ten thousand marks and of escape sequences are cut and harmless", async () => {
  const { accountId: ofBob } = await addressOf(bob);
  const titles = [
    `a${"\u0301".repeat(10_000)}`,
    "\u001b]0;pwned\u0007\u202eevil",
    `${"👩‍👩‍👧‍👦".repeat(3_000)}`,
  ];
  for (const [index, title] of titles.entries()) {
    const group = await make(`trap-${rooms}-${index}`, "group", mallory);
    await inside(mallory, (profile) =>
      profile.db.transaction(() => {
        const direct = conversationWith(profile, { kind: "person", name: "bob", accountId: ofBob });
        queueControl(
          profile,
          direct,
          { case: "invitation", value: { conversationId: group, title } },
          Date.now(),
        );
      })(),
    );
    await catchUp(mallory);
  }
  const read = await bob.person.chat(["read"]);
  expect(read).toMatchObject({ code: 0, stderr: "" });
  for (const options of [[], ["--json"]]) {
    const list = await bob.person.ok(["list", ...options]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(list).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
    expect(list).not.toMatch(/\p{M}{9}/u);
  }
  const invitations = (await bob.person.json(["list"])).filter(({ standing }) => standing === "invited");
  expect(invitations).toHaveLength(titles.length);
  for (const { title } of invitations) expect(Buffer.byteLength(String(title))).toBeLessThanOrEqual(128);
});

test("wraps by the million are refused by their length, and the relay goes on", async () => {
  const [made] = await forged({ content: text("heavy") });
  if (made === undefined) throw new Error("nothing forged");
  const attempt = (wraps: Uint8Array) =>
    inside(mallory, async (_, connection) => {
      const stream = await connection.openStream({ live: false, lease: 0n });
      try {
        return await stream.submit(made.envelope, wraps);
      } finally {
        await stream.close();
      }
    });
  const many = new Uint8Array(1_500_000);
  many.set([0xff, 0xff]);
  expect(await attempt(many)).toMatchObject({ refused: {} });
  await expect(attempt(new Uint8Array(4_000_006))).rejects.toThrow();
  await say(alice, `#${room}`, "still here");
  bob.liar.tricks.toClient = (frame) => {
    for (const row of frame.deliveries) row.wrap = new Uint8Array(1_000_000);
    return [frame];
  };
  expect(await reads(bob, `#${room}`)).toMatchObject({ code: 76 });
  bob.liar.tricks.toClient = (frame) => {
    for (const row of frame.deliveries) row.wrap = new Uint8Array(8_000_000);
    return [frame];
  };
  const heavy = await reads(bob, `#${room}`);
  expect(heavy).toMatchObject({
    code: expect.any(Number),
    stderr: expect.not.stringMatching(/\n\s+at |Something went wrong/),
  });
  bob.liar.tricks = { answers: {} };
  expect((await reads(bob, `#${room}`)).stdout).toContain("still here");
});
