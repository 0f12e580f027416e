import { qrRows } from "../../client/qr.ts";
import { composerWith } from "../../client/tui/model/composer.ts";
import type {
  CheckRow,
  GroupDetails,
  KeyChange,
  KeyDetails,
  PersonRow,
  RelayDetails,
  SafetyNumber,
  SearchHit,
} from "../../client/tui/model/data.ts";
import type { Directory } from "../../client/tui/model/directory.ts";
import type { Failure } from "../../client/tui/model/event.ts";
import { loaded } from "../../client/tui/model/loadable.ts";
import { blocking, differing } from "../../client/tui/model/screens/confirm.ts";
import { groupDetails, personDetails } from "../../client/tui/model/screens/details.ts";
import { inviting } from "../../client/tui/model/screens/invite.ts";
import { ownKeys } from "../../client/tui/model/screens/keys.ts";
import { loggingIn } from "../../client/tui/model/screens/log-in.ts";
import { memberChoices } from "../../client/tui/model/screens/member-choices.ts";
import { blankGroup } from "../../client/tui/model/screens/new-group.ts";
import { newKey } from "../../client/tui/model/screens/new-key.ts";
import { everybody } from "../../client/tui/model/screens/people.ts";
import { checkedRelay, theRelay } from "../../client/tui/model/screens/relay.ts";
import { allRequests } from "../../client/tui/model/screens/requests.ts";
import { allRooms } from "../../client/tui/model/screens/rooms.ts";
import type { DetailsScreen, Screen } from "../../client/tui/model/screens/screen.ts";
import { blankSearch } from "../../client/tui/model/screens/search.ts";
import { signedOut, signingOut } from "../../client/tui/model/screens/sign-out.ts";
import { NOW } from "./tui-state.ts";

const DAY = 24 * 60 * 60_000;

export function person(name: string, more: Partial<PersonRow> = {}): PersonRow {
  return { name, account: "00", since: NOW - 40 * DAY, known: false, ...more };
}

export const directory: Directory = {
  people: [
    person("alice"),
    person("bob", { known: true }),
    person("carol", { known: true }),
    person("dave", { known: true }),
    person("erin"),
    person("frank", { since: NOW - 60_000 }),
  ],
  isWhole: true,
};

export const unreachable: Failure = {
  code: "relay_unreachable",
  message: "The relay at http://127.0.0.1:7443 does not answer.",
  hint: "Start it, or check the address.",
};

export const ops: GroupDetails = {
  name: "ops",
  kind: "group",
  title: "Operations",
  members: [
    { name: "alice", role: "owner", isVerified: false },
    { name: "bob", role: "admin", isVerified: true },
    { name: "carol", role: "member", isVerified: false },
    { name: "dave", role: "member", isVerified: false },
  ],
  invited: [{ name: "erin", by: "bob" }],
  policy: { invite: "member", post: "member", pin: "admin", history: "asked" },
  mine: "owner",
  history: [
    { at: NOW - 60_000, text: "bob invited erin" },
    { at: NOW - DAY, text: "dave joined" },
    { at: NOW - 2 * DAY, text: "alice made bob an admin" },
  ],
  notify: "all",
};

export const keys: KeyDetails = {
  name: "alice",
  fingerprint: "509817817340836499857630313180",
  devices: [
    { id: "3f2a91c0d4e5f60718293a4b5c6d7e8f", isThis: true, since: NOW - 40 * DAY },
    { id: "a1b2c3d4e5f60718293a4b5c6d7e8f90", isThis: false, since: NOW - 3 * DAY },
  ],
  prekeysLeft: 87,
  sessions: 5,
};

export const relay: RelayDetails = {
  url: "https://chat.example.org:7443",
  proof: "its own certificate, pinned: Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE",
  directory: "open: everybody on the relay is listed",
  registration: "by invitation",
  roundTripMs: 3.2,
  findings: [
    {
      at: NOW - 2 * 60_000,
      text: "The relay shows another history of bob's devices than before.",
      gravity: "stop",
    },
    { at: NOW - DAY, text: "carol has a new device 91c0d4e5.", gravity: "note" },
  ],
};

export const digits = "509817817340836499857630313180845140278349537239282786020190";

export const hits: readonly SearchHit[] = [
  {
    key: "m1",
    conversation: "ops",
    from: "bob",
    at: NOW - 20 * 60_000,
    position: 41,
    snippet: [
      { text: "the ", isMatch: false },
      { text: "deploy", isMatch: true },
      { text: " is green, all of it", isMatch: false },
    ],
  },
  {
    key: "m2",
    conversation: "carol",
    from: "alice",
    at: NOW - 4 * DAY,
    position: 12,
    snippet: [
      { text: "Deploy", isMatch: true },
      { text: " at ten?", isMatch: false },
    ],
  },
];

export function numberWith(name: string, more: Partial<SafetyNumber> = {}): SafetyNumber {
  const plain = { verifiedAt: undefined, standing: "accepted" } as const;
  return { with: name, digits, qr: qrRows(digits), ...plain, ...more };
}

function groupScreen(group: GroupDetails = ops, more: Partial<DetailsScreen> = {}): DetailsScreen {
  return { ...groupDetails(group.name).screen, about: { kind: "group", group: loaded(group) }, ...more };
}

export function personScreen(name: string, more: Partial<DetailsScreen> = {}): DetailsScreen {
  const number = loaded(numberWith(name));
  return { ...personDetails(name).screen, about: { kind: "person", number }, ...more };
}

const change: KeyChange = {
  with: "bob",
  before: digits,
  now: "845140278349537239282786020190509817817340836499857630313180",
  wasVerified: true,
};

const checks: readonly CheckRow[] = [
  { name: "profile", isGood: true, detail: "whole, and can be written", hint: undefined },
  { name: "relay", isGood: true, detail: "answers in 3 ms, version 0.5.0", hint: undefined },
  {
    name: "clock",
    isGood: false,
    detail: "this machine's clock is 7 minutes ahead of the relay's",
    hint: "Set it, or let the system set it: times of messages are wrong until then.",
  },
  { name: "prekeys", isGood: true, detail: "87 one-time pairs left", hint: undefined },
];

const carol = { name: "carol", role: "member", talk: "carol" } as const;
const member = memberChoices(ops, carol, "alice", personDetails("carol"));

/** Each of these screens as it looks when all is well, and when it is not. */
export const screens: Readonly<Record<string, Screen>> = {
  people: { ...everybody, chosen: "carol" },
  "people-sought": { ...everybody, query: composerWith("zoe") },
  "people-unlisted": {
    ...everybody,
    query: composerWith("zoe"),
    failure: {
      code: "not_allowed",
      message: "This relay does not tell who is on it.",
      hint: "Where look-ups are allowed, `chat send NAME` works with the exact name.",
    },
  },
  "people-failed": { ...everybody, failure: unreachable },
  rooms: {
    ...allRooms,
    rooms: loaded([
      { name: "music", members: 23, joined: true },
      { name: "random", members: 230, joined: true },
      { name: "rust", members: 1, joined: false },
    ]),
    chosen: "rust",
    joining: "rust",
  },
  "rooms-loading": allRooms,
  "rooms-none": { ...allRooms, rooms: loaded([]) },
  "rooms-failed": { ...allRooms, rooms: { kind: "failed", failure: unreachable } },
  "new-group": blankGroup,
  "new-group-filled": {
    ...blankGroup,
    name: composerWith("oncall"),
    members: ["bob", "erin"],
    chosen: 4,
    isOpen: true,
  },
  "new-group-failed": {
    ...blankGroup,
    name: composerWith("ops"),
    chosen: 2,
    failure: { code: "name_taken", message: "There is an ops already.", hint: "Take another name." },
  },
  invite: inviting("ops", ["alice", "bob", "carol", "dave"]),
  group: groupScreen(),
  "group-past": groupScreen(ops, { chosen: 13 }),
  "group-renaming": groupScreen(ops, { chosen: 11, renaming: composerWith("Operations") }),
  "group-failed": {
    ...groupDetails("ops").screen,
    about: { kind: "group", group: { kind: "failed", failure: unreachable } },
  },
  "group-of-others": groupScreen({ ...ops, kind: "room", title: "ops", mine: "member" }, { chosen: 5 }),
  member: member ?? everybody,
  person: personScreen("bob"),
  "person-verified": personScreen("bob", {
    about: { kind: "person", number: loaded(numberWith("bob", { verifiedAt: NOW - 4 * DAY })) },
    chosen: 2,
  }),
  "person-stranger": personScreen("zoe", {
    about: { kind: "person", number: loaded(numberWith("zoe", { standing: "stranger" })) },
  }),
  differing: differing("bob"),
  blocking: blocking("zoe"),
  "new-key": { ...newKey("bob").screen, change: loaded(change) },
  "new-key-failed": {
    ...newKey("bob").screen,
    change: loaded({ ...change, wasVerified: false }),
    chosen: 2,
    failure: unreachable,
  },
  requests: { ...allRequests, chosen: "zoe" },
  "requests-none": allRequests,
  "log-in": { ...loggingIn, password: composerWith("correct horse") },
  "log-in-failed": {
    ...loggingIn,
    failure: { code: "login_failed", message: "Wrong password.", hint: undefined },
  },
  "sign-out": { ...signingOut, isLast: false },
  "sign-out-last": { ...signingOut, isLast: true, chosen: 1 },
  "sign-out-words": { ...signingOut, isLast: true, stage: "words", words: composerWith("abandon ability") },
  "sign-out-unreachable": { ...signingOut, isLast: false, stage: "unreachable", failure: unreachable },
  "signed-out": signedOut,
  "person-loading": personDetails("bob").screen,
  "person-failed": {
    ...personDetails("zoe").screen,
    about: {
      kind: "person",
      number: {
        kind: "failed",
        failure: { code: "unknown_person", message: "Nobody on this relay is called zoe.", hint: undefined },
      },
    },
  },
  keys: { ...ownKeys, keys: loaded(keys) },
  "keys-offline": {
    ...ownKeys,
    keys: loaded({ ...keys, prekeysLeft: undefined }),
    failure: unreachable,
  },
  relay: { ...theRelay, relay: loaded(relay) },
  "relay-silent": {
    ...theRelay,
    relay: loaded({
      url: "http://127.0.0.1:7443",
      proof: undefined,
      directory: undefined,
      registration: undefined,
      roundTripMs: undefined,
      findings: [],
    }),
  },
  "relay-checked": {
    ...checkedRelay,
    relay: loaded({ ...relay, findings: [] }),
    checks: loaded(checks),
    isChecking: false,
  },
  search: blankSearch,
  "search-found": {
    ...blankSearch,
    query: composerWith("deploy"),
    found: { query: "deploy", hits: loaded(hits) },
    chosen: 1,
  },
  "search-nothing": {
    ...blankSearch,
    query: composerWith("deplox"),
    found: { query: "deplox", hits: loaded([]) },
  },
  "search-failed": {
    ...blankSearch,
    query: composerWith('"deploy'),
    found: {
      query: '"deploy',
      hits: {
        kind: "failed",
        failure: {
          code: "bad_input",
          message: "A quote is not closed.",
          hint: 'Write "the exact words", or leave the quote out.',
        },
      },
    },
  },
};
