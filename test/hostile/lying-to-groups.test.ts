// What a member of a group sees when the relay lies about it: real `chat` processes, a real relay, and a liar for each.
import { create } from "@bufbuild/protobuf";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { acceptInvitation, findInvitation, joinRoom } from "../../client/core/groups/join-group.ts";
import { inviteMember, leaveGroup, removeMember } from "../../client/core/groups/manage-group.ts";
import { membershipOf } from "../../client/core/groups/memberships.ts";
import { ownChain, ownDeviceKeys } from "../../client/core/people/account-chains.ts";
import { readConversation } from "../../client/store/conversations.ts";
import {
  type AccountId,
  accountId,
  compare,
  conversationId,
  deviceId,
  equal,
  type MembershipContent,
  type MembershipState,
  membershipRowHash,
  readMembershipEntry,
  rosterHash,
  signMembershipEntry,
} from "../../keys/index.ts";
import { AppendEntryResponseSchema, RoomSchema } from "../../proto/gen/sotto/relay/v1/groups_pb.ts";
import {
  type ConnectResponse,
  ConversationKind,
  ConversationSchema,
  type Delivery,
  DeliverySchema,
} from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { Finished } from "../support/chat.ts";
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

let relay: TestRelay;
let everyone: Victim[] = [];
let alice: Victim;
let bob: Victim;
let carol: Victim;
let dave: Victim;

beforeAll(async () => {
  relay = await startTestRelay();
  everyone = await Promise.all(["alice", "bob", "carol", "dave"].map((name) => victim(name, relay.url)));
  [alice, bob, carol, dave] = everyone as [Victim, Victim, Victim, Victim];
});

afterEach(() => {
  for (const { liar } of everyone) liar.tricks = { answers: {} };
});

afterAll(async () => {
  await Promise.all(everyone.map((each) => each.leave()));
  await relay?.stop();
});

function expectAlarm(finished: Finished, sentence: RegExp): void {
  expect({ code: finished.code, stderr: finished.stderr }).toEqual({
    code: 76,
    stderr: expect.stringMatching(sentence),
  });
  expect(finished.stderr).toMatch(/ask the people concerned/i);
  expect(finished.stderr).not.toMatch(/\n\s+at |node:internal|\.[jt]s:\d/);
}

test("a device that no member has gets nothing", async () => {
  const id = await openRoom("extra", alice, bob);
  await acquaint("extra", alice, bob);
  const thief = await inside(dave, ({ identity }) => ({
    accountId: identity.accountId,
    deviceId: identity.deviceId,
  }));
  alice.liar.tricks.toClient = (frame) => {
    for (const head of frame.heads) head.rosterVersion += 1n;
    return [frame];
  };
  alice.liar.tricks.answers.getRoster = ({ roster, ...rest }) => {
    if (roster === undefined) return undefined;
    roster.version += 1n;
    const slot = { ...thief, $typeName: "sotto.relay.v1.DeviceAddress" as const };
    roster.devices = [...roster.devices, slot].sort((one, other) => compare(one.accountId, other.accountId));
    const slots = roster.devices.map((each) => ({
      accountId: accountId(each.accountId),
      deviceId: deviceId(each.deviceId),
    }));
    roster.hash = rosterHash(conversationId(id), Number(roster.version), slots);
    return { ...rest, roster };
  };
  await say(bob, "#extra", "makes alice look");
  expectAlarm(
    await alice.person.chat(["send", "#extra", "secret"]),
    /list of devices in #extra is not that of its members/,
  );
});
/** An entry that its signer could not make if he kept to the rules: on a state that is not the true one, or with another's key. */
async function forgedEntry(
  alias: string,
  signer: Victim,
  content: MembershipContent,
  { as = signer, pretend = (state) => state }: ForgeryOptions = {},
): Promise<Uint8Array> {
  const state = await inside(alice, (profile) =>
    membershipOf(profile, readConversation(profile.db, numberOf(profile, alias))),
  );
  if (state === undefined) throw new Error("no membership");
  const { signing } = await inside(signer, ownDeviceKeys);
  return inside(as, (profile) => {
    const { accountId: account, head } = ownChain(profile);
    return signMembershipEntry({
      state: pretend(state),
      content,
      signer: {
        accountId: account,
        deviceId: profile.identity.deviceId,
        head,
        signingSecretKey: signing.secretKey,
      },
      createdAt: Date.now(),
    });
  });
}

interface ForgeryOptions {
  /** Whose signature it pretends to be. */
  readonly as?: Victim;
  /** What would have to be for it to be permitted. */
  readonly pretend?: (state: MembershipState) => MembershipState;
}

function accountOf(who: Victim): Promise<AccountId> {
  return inside(who, ({ identity }) => identity.accountId);
}

function rowOf(entry: Uint8Array, conversation: Uint8Array): Delivery {
  return create(DeliverySchema, {
    conversationId: conversation,
    rowHash: membershipRowHash(readMembershipEntry(entry).hash),
    entry,
    storedAt: BigInt(Date.now()),
  });
}

async function membersSeenBy(who: Victim, alias: string): Promise<unknown> {
  const [info = {}] = await who.person.json(["group", "info", alias]);
  return (info["members"] as { name: string }[]).map(({ name }) => name);
}

test("entries that nobody made who may are refused, and change nothing", async () => {
  const id = await make("circle", "group", alice);
  for (const guest of [bob, carol]) {
    await inside(alice, (profile, connection) =>
      inviteMember(profile, connection, numberOf(profile, "circle"), guest.name),
    );
    await say(alice, guest.name, "come in");
    await catchUp(guest);
    await inside(guest, (profile, connection) =>
      acceptInvitation(profile, connection, findInvitation(profile, "circle")),
    );
  }
  await catchUp(alice);
  const [ofBob, ofDave] = [await accountOf(bob), await accountOf(dave)];
  const isAdmin = (state: MembershipState): MembershipState => ({
    ...state,
    members: state.members.map((member) =>
      member.role === "owner" ? member : { ...member, role: "admin" as const },
    ),
  });
  const isInvited = (state: MembershipState): MembershipState => ({
    ...state,
    invited: [{ accountId: ofDave, inviter: ofBob }],
  });
  const removal = { type: "remove", accountId: ofBob } as const;
  const forged = [
    await forgedEntry("circle", dave, { type: "join" }, { pretend: isInvited }),
    await forgedEntry("circle", carol, { type: "role", accountId: ofBob, role: "owner" }, { as: alice }),
    await forgedEntry("circle", dave, removal, { as: alice }),
    await forgedEntry("circle", carol, { type: "invite", accountId: ofDave }, { as: alice }),
    await forgedEntry("circle", carol, removal, {
      pretend: (state) => demoted(isAdmin(state), ofBob),
    }),
  ];
  await say(alice, "#circle", "the true one");
  for (const entry of forged) {
    carol.liar.tricks.toClient = anotherLog(id, { rows: (rows) => [rowOf(entry, id), ...rows], longer: 1 });
    expectAlarm(
      await reads(carol, "#circle"),
      /a change of a group's members that nobody who may has signed/,
    );
  }
  carol.liar.tricks = { answers: {} };
  const read = await reads(carol, "#circle");
  expect(read).toMatchObject({ code: 0, stdout: expect.stringContaining("the true one") });
  expect(await membersSeenBy(carol, "circle")).toEqual(["alice", "bob", "carol"]);
});

/** For a forger: an admin may remove those who are members only. */
function demoted(state: MembershipState, account: AccountId): MembershipState {
  return {
    ...state,
    members: state.members.map((member) =>
      equal(member.accountId, account) ? { ...member, role: "member" } : member,
    ),
  };
}

test("a list of members that is cut in the middle is not joined", async () => {
  await openRoom("cut", alice, bob, carol);
  dave.liar.tricks.answers.getMembership = (answer) => ({
    ...answer,
    entries: answer.entries.toSpliced(1, 1),
  });
  expectAlarm(await dave.person.chat(["join", "cut"]), /list of members of #cut that they did not sign/);
  dave.liar.tricks = { answers: {} };
  await dave.person.ok(["join", "cut"]);
  expect(await membersSeenBy(dave, "cut")).toEqual(["alice", "bob", "carol", "dave"]);
});

test("a group that nobody invited to is not taken for one's own", async () => {
  dave.liar.tricks.toClient = (frame) => {
    if (frame.welcome === undefined) return [frame];
    frame.heads.push(
      create(ConversationSchema, {
        conversationId: new Uint8Array(32).fill(5),
        kind: ConversationKind.GROUP,
        incarnation: new Uint8Array(16).fill(6),
        head: 3n,
        rosterVersion: 1n,
      }),
    );
    frame.welcome.heads += 1;
    return [frame];
  };
  expectAlarm(await dave.person.chat(["read"]), /says that you are in a group that you have not joined/);
});

test("a removal that the relay keeps from one member stops what he sends, and shows at the next message", async () => {
  const id = await openRoom("hush", alice, bob, carol, dave);
  await acquaint("hush", alice, bob, carol, dave);
  await inside(alice, (profile, connection) =>
    removeMember(profile, connection, numberOf(profile, "hush"), "dave"),
  );
  const withoutEntries = (rows: Delivery[]) => rows.filter(({ entry }) => entry.length === 0);
  carol.liar.tricks.toClient = anotherLog(id, { rows: withoutEntries, longer: -1 });
  expectAlarm(
    await carol.person.chat(["send", "#hush", "for those who are in"]),
    /list of devices in #hush is not that of its members/,
  );
  await say(bob, "#hush", "dave is gone");
  expectAlarm(await reads(carol, "#hush"), /shows bob another history of #hush than it shows you/);
});

test("a log that is forked for two members is noticed by whoever hears the other next", async () => {
  const id = await openRoom("fork", alice, bob, carol);
  await acquaint("fork", alice, bob, carol);
  await say(alice, "#fork", "only carol gets this", "both get this");
  bob.liar.tricks.toClient = anotherLog(id, { rows: (rows) => rows.slice(1), longer: -1 });
  const read = await reads(bob, "#fork");
  expect(read).toMatchObject({ code: 0, stderr: expect.stringMatching(/A message in #fork did not arrive/) });
  bob.liar.tricks = { answers: {} };
  await say(bob, "#fork", "what I have seen goes with this");
  expectAlarm(await reads(carol, "#fork"), /shows bob another history of #fork than it shows you/);
});

test("a log that became shorter is not believed", async () => {
  const id = await openRoom("short", alice, bob);
  await acquaint("short", alice, bob);
  await say(alice, "#short", "the newest");
  bob.liar.tricks.toClient = anotherLog(id, { rows: (rows) => rows, longer: -3 });
  expectAlarm(await reads(bob, "#short"), /shows an older state of #short than before/);
  bob.liar.tricks = { answers: {} };
  expect(await reads(bob, "#short")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("the newest"),
  });
});

test.each(["stayed", "came back"])(
  "rows withheld from one who %s are noticed at the next message",
  async (how) => {
    const room = `gap-${how.replace(" ", "-")}`;
    const id = await openRoom(room, alice, bob, carol);
    await acquaint(room, alice, bob, carol);
    if (how === "came back") {
      await inside(carol, (profile, connection) => leaveGroup(profile, connection, numberOf(profile, room)));
      await inside(carol, (profile, connection) => joinRoom(profile, connection, room));
      await acquaint(room, alice, bob, carol);
    }
    for (const [who, text] of [
      [alice, "first"],
      [bob, "second"],
      [alice, "third"],
    ] as const) {
      await catchUp(who);
      await say(who, `#${room}`, text);
    }
    carol.liar.tricks.toClient = anotherLog(id, { rows: (rows) => rows.slice(2), longer: -2 });
    expectAlarm(await reads(carol, `#${room}`), new RegExp(`another history of #${room} than it shows you`));
  },
);

test("a change that the relay says it took and threw away is not taken for done", async () => {
  await openRoom("deaf", alice, bob);
  const swallow = {
    answers: {},
    instead: { appendEntry: () => create(AppendEntryResponseSchema, { sequence: 9n }) },
  };
  alice.liar.tricks = swallow;
  expectAlarm(
    await alice.person.chat(["group", "remove", "deaf", "bob"]),
    /does not show a change in #deaf that it says it took/,
  );
  expect(await membersSeenBy(alice, "deaf")).toEqual(["alice", "bob"]);
  dave.liar.tricks = swallow;
  expectAlarm(
    await dave.person.chat(["join", "deaf"]),
    /does not show a change in #deaf that it says it took/,
  );
  for (const each of [alice, dave]) each.liar.tricks = { answers: {} };
  await dave.person.ok(["join", "deaf"]);
  await dave.person.ok(["send", "#deaf", "in"]);
  await alice.person.ok(["group", "remove", "deaf", "bob"]);
  expect(await membersSeenBy(alice, "deaf")).toEqual(["alice", "dave"]);
});

test("a list of rooms with names that no room can have is refused", async () => {
  dave.liar.tricks.answers.listRooms = (answer) => {
    answer.rooms = [create(RoomSchema, { name: "\u001b]0;pwned\u0007", conversationId: new Uint8Array(32) })];
    return answer;
  };
  const { code, stdout, stderr } = await dave.person.chat(["rooms"]);
  expect({ code, stdout }).toEqual({ code: 76, stdout: "" });
  expect(stderr).toMatch(/list of rooms is not in order.*do not trust this relay/s);
});

test("a newcomer's log that begins where it does not is found out by the first message", async () => {
  await openRoom("start", alice, bob);
  await acquaint("start", alice, bob);
  dave.liar.tricks.answers.appendEntry = (answer) => {
    if (answer.conversation !== undefined) answer.conversation.startHash = new Uint8Array(32).fill(7);
    return answer;
  };
  await dave.person.ok(["join", "start"]);
  dave.liar.tricks = { answers: {} };
  await say(alice, "#start", "welcome");
  expectAlarm(await reads(dave, "#start"), /shows alice another history of #start than it shows you/);
});

test("a relay that says it lost a group's log is not believed, and does no lasting harm", async () => {
  const id = await openRoom("lost", alice, bob);
  await acquaint("lost", alice, bob);
  await say(alice, "#lost", "before");
  bob.liar.tricks.toClient = (frame) => {
    for (const head of frame.heads) {
      if (equal(head.conversationId, id)) head.incarnation = new Uint8Array(16).fill(9);
    }
    return [frame];
  };
  expectAlarm(await reads(bob, "#lost"), /shows another log of #lost than before/);
  bob.liar.tricks = { answers: {} };
  await say(alice, "#lost", "after");
  const read = await reads(bob, "#lost");
  expect(read).toMatchObject({ code: 0, stdout: expect.stringMatching(/before.*after/s) });
  await bob.person.ok(["send", "#lost", "still in"]);
});

test("a wrap that is left out shows as a message without a key, and the next one is read", async () => {
  await openRoom("strip", alice, bob);
  await acquaint("strip", alice, bob);
  await say(alice, "#strip", "not for bob");
  bob.liar.tricks.toClient = deliveries((row) => ({ ...row, wrap: new Uint8Array() }));
  const stripped = await reads(bob, "#strip", "-n", "1");
  expect(stripped).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/could not be read: it came without a key for this device/),
  });
  bob.liar.tricks = { answers: {} };
  await say(alice, "#strip", "for everybody");
  const next = await reads(bob, "#strip");
  expect(next.stdout).toContain("for everybody");
  expect(next.stderr).toMatch(/A message in #strip did not arrive/);
});

test("wraps of other messages and of other people open nothing", async () => {
  await openRoom("swap", alice, bob, carol);
  await acquaint("swap", alice, bob, carol);
  const ofCarol: Uint8Array[] = [];
  carol.liar.tricks.toClient = deliveries((row) => {
    if (row.wrap.length > 0) ofCarol.push(row.wrap);
    return row;
  });
  await say(alice, "#swap", "aye", "nay", "perhaps");
  await catchUp(carol);
  const own: Uint8Array[] = [];
  bob.liar.tricks.toClient = deliveries((row) => {
    if (row.wrap.length > 0) own.push(row.wrap);
    const wrap = own.length === 1 ? ofCarol[0] : own.at(-2);
    return row.wrap.length === 0 || wrap === undefined ? row : { ...row, wrap };
  });
  const read = await reads(bob, "#swap", "-n", "3");
  expect(read.stdout).not.toMatch(/\b(aye|nay|perhaps)\b/);
  expect(read.stdout.match(/could not be read/g)).toHaveLength(3);
  bob.liar.tricks = { answers: {} };
  await catchUp(alice);
  await say(alice, "#swap", "again");
  expect((await reads(bob, "#swap")).stdout).toContain("again");
});

test("who was removed opens nothing that is sent later, with all his keys and the relay's help", async () => {
  const id = await openRoom("out", alice, bob, dave);
  await acquaint("out", alice, bob, dave);
  await inside(alice, (profile, connection) =>
    removeMember(profile, connection, numberOf(profile, "out"), "dave"),
  );
  const later: Delivery[] = [];
  bob.liar.tricks.toClient = (frame) => {
    later.push(...frame.deliveries.filter((row) => equal(row.conversationId, id) && row.wrap.length > 0));
    return [frame];
  };
  await say(alice, "#out", "what dave must not read");
  await catchUp(bob);
  await say(alice, "#out", "nor this");
  await catchUp(bob);
  expect(later).toHaveLength(2);
  dave.liar.tricks.toClient = anotherLog(id, {
    rows: (rows) => rows.flatMap((row) => (row.entry.length > 0 ? later : [row])),
    longer: 1,
  });
  const read = await reads(dave, "#out", "-n", "10");
  expect(read.stdout.match(/could not be read/g)).toHaveLength(2);
  expect(read.stdout).not.toMatch(/must not read|nor this/);
  expect((await dave.person.chat(["search", "read", "--json"])).stdout).toBe("");
});

/** Changes every row that is delivered. */
function deliveries(change: (row: Delivery) => Delivery): (frame: ConnectResponse) => ConnectResponse[] {
  return (frame) => {
    frame.deliveries = frame.deliveries.map(change);
    return [frame];
  };
}
