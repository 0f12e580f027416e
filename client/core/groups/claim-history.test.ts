import { fromBinary } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  applyMembershipEntry,
  encodeStoredMembership,
  type MembershipState,
  readMembershipEntry,
} from "../../../keys/index.ts";
import { type Content, ContentSchema } from "../../../proto/gen/sotto/chat/v1/content_pb.ts";
import { type AliceAndBob, aliceAndBob } from "../../../test/support/alice-and-bob.ts";
import { addReceived, putRoom, roomOf } from "../../../test/support/local-room.ts";
import { AccountFixture, type ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { readConversation } from "../../store/conversations.ts";
import { transact } from "../../store/database.ts";
import { saveMembership } from "../../store/groups.ts";
import { readMessage } from "../../store/messages.ts";
import { readIntents } from "../../store/outbox.ts";
import { editMessage } from "../messages/annotate.ts";
import { messageAt } from "../outbox/send-message.ts";
import { knownChain } from "../people/account-chains.ts";
import { signEntry } from "./change-membership.ts";
import { claimHistories, keepOwnClaim, noteClaim, noteJoin } from "./claim-history.ts";

const JOINED_AT_ROW = 20;
const SECOND = 1_000;

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;
let carol: ProfileFixture;
let state: MembershipState;

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
  carol = await new AccountFixture("carol", world.relay).profile();
});
afterEach(() => {
  world.remove();
  carol.account.remove();
});

/** Carol has just joined, alice and bob were there before her; as one of these has seen it. Returns the room's number. */
async function seenBy(
  at: ProfileFixture,
  { history = "automatic", texts = 12, ago = 0, start = 0, more = [] }: Partial<Seen> = {},
): Promise<number> {
  const elders = [alice, bob, ...more] as const;
  const members = [...elders, carol] as const;
  state = roomOf(members, { history });
  const room = await putRoom(at, state, members, start);
  for (let text = 1; text <= texts; text += 1) addReceived(at, room, alice, text + 1, `text ${text}`);
  const joined = signEntry(carol.profile, roomOf(elders, { history }), { type: "join" });
  const row = { sequence: JOINED_AT_ROW, storedAt: Date.now() - ago };
  transact(at.profile.db, () =>
    noteJoin(at.profile, readConversation(at.profile.db, room), row, readMembershipEntry(joined)),
  );
  return room;
}

interface Seen {
  readonly history: "asked" | "automatic";
  readonly texts: number;
  readonly ago: number;
  readonly start: number;
  /** Who was there beside the two. */
  readonly more: readonly ProfileFixture[];
}

/** What is queued to be said to programs. */
function queued({
  profile,
}: ProfileFixture): { position: number; conversation: number; kind: Content["kind"] }[] {
  return readIntents(profile.db, Number.MAX_SAFE_INTEGER, 100).map(({ position, conversation }) => {
    const body = readMessage(profile.db, position)?.body ?? new Uint8Array();
    return { position, conversation, kind: fromBinary(ContentSchema, body).kind };
  });
}

/** Whether it offers within its turn, which comes `after` so long. */
function offersAfter(at: ProfileFixture, after: number, program: "live" | "once" = "live"): boolean {
  at.ahead = after - 500;
  const tooEarly = claimHistories(at.profile, program).length > 0;
  at.ahead = after + 100;
  return !tooEarly && claimHistories(at.profile, program).length === 1;
}

/** Its first offer has come to its place in the log. */
function ownClaimShown(at: ProfileFixture, room: number): void {
  const [claim] = queued(at);
  transact(at.profile.db, () =>
    keepOwnClaim(at.profile, readConversation(at.profile.db, room), claim?.position ?? 0),
  );
}

function othersClaimShown(at: ProfileFixture, room: number, join = state.head.sequence): void {
  transact(at.profile.db, () => noteClaim(at.profile, readConversation(at.profile.db, room), BigInt(join)));
}

test("of two that are live one offers at once and the other two seconds later", async () => {
  await seenBy(alice);
  await seenBy(bob);
  const [first, second] = [alice, bob].sort((one, other) =>
    Buffer.compare(one.address.accountId, other.address.accountId),
  ) as [ProfileFixture, ProfileFixture];
  expect(claimHistories(first.profile, "live")).toHaveLength(1);
  expect(offersAfter(second, 2 * SECOND)).toBe(true);
  expect(queued(second).map(({ kind }) => kind)).toMatchObject([
    { case: "historyClaim", value: { join: BigInt(state.head.sequence) } },
  ]);
});

test("who knows who else is there waits for those only", async () => {
  const dave = await new AccountFixture("dave", world.relay).profile();
  const [first, second, third] = [alice, bob, dave].sort((one, other) =>
    Buffer.compare(one.address.accountId, other.address.accountId),
  ) as [ProfileFixture, ProfileFixture, ProfileFixture];
  await seenBy(third, { more: [dave] });
  third.ahead = 1_500;
  const beside = (other: ProfileFixture) => () => [other.address.accountId];
  expect(claimHistories(third.profile, "live", beside(first))).toEqual([]);
  third.ahead = 2_500;
  expect(claimHistories(third.profile, "live", beside(carol))).toEqual([]);
  expect(claimHistories(third.profile, "live", beside(second))).toHaveLength(1);
  dave.account.remove();
});

test("a program that runs for a moment leaves newcomers of the last twenty seconds to others", async () => {
  await seenBy(alice, { ago: 12 * SECOND });
  expect(offersAfter(alice, 8 * SECOND, "once")).toBe(true);
});

test("nobody offers twice, nor once somebody has", async () => {
  const room = await seenBy(alice);
  alice.ahead = 60 * SECOND;
  expect(claimHistories(alice.profile, "live")).toEqual([room]);
  expect(claimHistories(alice.profile, "live")).toEqual([]);
  othersClaimShown(bob, await seenBy(bob));
  bob.ahead = 60 * SECOND;
  expect(claimHistories(bob.profile, "live")).toEqual([]);
});

test("an offer for another join does not keep anybody from offering", async () => {
  const room = await seenBy(alice);
  for (const other of [-1, 1]) othersClaimShown(alice, room, state.head.sequence + other);
  alice.ahead = 60 * SECOND;
  expect(claimHistories(alice.profile, "live")).toEqual([room]);
});

test("who asks for it, who came a day ago, and who is out again gets nothing unasked; who has nothing does not offer", async () => {
  await seenBy(alice, { history: "asked" });
  alice.ahead = 60 * SECOND;
  expect(claimHistories(alice.profile, "live")).toEqual([]);
  const room = await seenBy(bob, { texts: 0 });
  bob.ahead = 60 * SECOND;
  expect(claimHistories(bob.profile, "live")).toEqual([]);
  addReceived(bob, room, alice, 2, "something after all");
  bob.ahead = 24 * 3_600 * SECOND + SECOND;
  expect(claimHistories(bob.profile, "live")).toEqual([]);
  bob.ahead = 60 * SECOND;
  const chains = (account: Parameters<typeof knownChain>[1]) => knownChain(bob.profile, account);
  const left = applyMembershipEntry(state, signEntry(carol.profile, state, { type: "leave" }), chains);
  saveMembership(bob.profile.db, room, encodeStoredMembership(left));
  expect(claimHistories(bob.profile, "live")).toEqual([]);
  saveMembership(bob.profile.db, room, encodeStoredMembership(state));
  expect(claimHistories(bob.profile, "live")).toEqual([room]);
});

test("who came late himself and has little waits for those who have more", async () => {
  await seenBy(alice, { start: 4, texts: 9 });
  alice.ahead = 10 * SECOND;
  expect(claimHistories(alice.profile, "live")).toEqual([]);
  alice.ahead = 21 * SECOND;
  expect(claimHistories(alice.profile, "live")).toHaveLength(1);
});

test("whose offer is the first in the log shares ten messages from before, as they stand, with the newcomer alone", async () => {
  const room = await seenBy(alice);
  const edited = addReceived(alice, room, alice, 15, "frist");
  addReceived(alice, room, bob, JOINED_AT_ROW + 1, "after");
  editMessage(alice.profile, messageAt(alice.profile, edited).id, "first");
  alice.ahead = 60 * SECOND;
  const before = queued(alice).length;
  claimHistories(alice.profile, "live");
  transact(alice.profile.db, () =>
    keepOwnClaim(
      alice.profile,
      readConversation(alice.profile.db, room),
      queued(alice)[before]?.position ?? 0,
    ),
  );
  const [history, ...more] = queued(alice).slice(before + 1);
  expect(more).toEqual([]);
  expect(readConversation(alice.profile.db, history?.conversation ?? 0)).toMatchObject({
    kind: "dm",
    peerName: "carol",
  });
  if (history?.kind.case !== "history") throw new Error("no history");
  const { messages, title } = history.kind.value;
  expect(messages.map(({ text, edited: was }) => `${text}${was ? " (edited)" : ""}`)).toEqual([
    ...[4, 5, 6, 7, 8, 9, 10, 11, 12].map((text) => `text ${text}`),
    "first (edited)",
  ]);
  expect(title).toBe("");
  ownClaimShown(alice, room);
  expect(queued(alice)).toHaveLength(before + 2);
});

test("whose offer comes second shares nothing", async () => {
  const room = await seenBy(alice);
  alice.ahead = 60 * SECOND;
  claimHistories(alice.profile, "live");
  othersClaimShown(alice, room);
  ownClaimShown(alice, room);
  expect(queued(alice)).toHaveLength(1);
});
