// SPEC §8.4, §8.5: membership of groups and rooms.
import type { Chain } from "./chain.ts";
import { H, hex, join, must, Reader, Refused, same, signed, uint, zeros } from "./primitives.ts";

interface Entry {
  readonly whole: Uint8Array;
  readonly body: Uint8Array;
  readonly sig: Uint8Array;
  readonly type: number;
  readonly conversation: Uint8Array;
  readonly sequence: number;
  readonly previous: Uint8Array;
  readonly signer: string;
  readonly device: Uint8Array;
  readonly head: Head;
  readonly content: Content;
  readonly hash: Uint8Array;
}

interface Head {
  readonly sequence: number;
  readonly hash: Uint8Array;
}

interface Content {
  readonly kind?: number;
  readonly name?: string;
  readonly policy?: readonly number[];
  readonly account?: string;
  readonly role?: number;
  readonly owners?: readonly string[];
  readonly before?: Head;
  readonly stateHash?: Uint8Array;
}

/** Accounts are hex here, so that they sort as their bytes do. */
interface Group {
  readonly conversation: Uint8Array;
  readonly kind: number;
  readonly name: string;
  readonly policy: readonly number[];
  readonly members: ReadonlyMap<string, { readonly role: number; readonly anchored: number }>;
  readonly invited: ReadonlyMap<string, string>;
  readonly removed: readonly string[];
  readonly head: Head;
  readonly checkpoint: Head & { readonly owners: readonly string[] };
}

type Chains = readonly Chain[];

const account = (reader: Reader): string => hex(reader.fixed(32));
const raw = (id: string): Uint8Array => Uint8Array.from(Buffer.from(id, "hex"));
const readHead = (reader: Reader): Head => ({ sequence: reader.uint(8), hash: reader.fixed(32) });
const refuse = (holds: boolean, why: string): void => must(holds, "not_permitted", why);

function roleAt(reader: Reader): number {
  const role = reader.uint(1);
  must(role >= 1 && role <= 3, "malformed", "a role that there is not");
  return role;
}

const readPolicy = (reader: Reader): number[] => [
  roleAt(reader),
  roleAt(reader),
  roleAt(reader),
  Number(reader.flag()),
];

function readName(reader: Reader, empty: boolean): string {
  const name = Buffer.from(reader.bytes(32)).toString("latin1");
  must(empty ? name === "" : /^[a-z0-9][a-z0-9_.-]{0,31}$/.test(name), "malformed", "the name");
  return name;
}

function readKind(reader: Reader) {
  const kind = reader.uint(1);
  must(kind === 1 || kind === 2, "malformed", "neither group nor room");
  return { kind, name: readName(reader, kind === 1), policy: readPolicy(reader) };
}

function ascending(ids: readonly string[]): void {
  must(
    ids.every((id, i) => i === 0 || (ids[i - 1] ?? "") < id),
    "malformed",
    "accounts out of order",
  );
}

function readContent(type: number, reader: Reader): Content {
  if (type === 1) {
    const created = readKind(reader);
    reader.fixed(16);
    return created;
  }
  if (type === 2 || type === 4) return { account: account(reader) };
  if (type === 6) return { account: account(reader), role: roleAt(reader) };
  if (type === 7) return { policy: readPolicy(reader) };
  if (type === 9) return { name: readName(reader, false) };
  if (type !== 10) return {};
  const owners = Array.from({ length: reader.uint(2) }, () => account(reader));
  must(owners.length > 0, "malformed", "no owners");
  ascending(owners);
  return { owners, before: readHead(reader), stateHash: reader.fixed(32) };
}

function readEntry(whole: Uint8Array): Entry {
  must(whole.length <= 16_384, "malformed", "an entry too long");
  const outer = new Reader(whole);
  const body = outer.bytes(16_384);
  const reader = new Reader(body);
  reader.version();
  const type = reader.uint(1);
  must(type >= 1 && type <= 10, "unsupported_version", "an entry type of a later version");
  const [conversation, sequence, previous] = [reader.fixed(32), reader.uint(8), reader.fixed(32)];
  const [signer, device, head] = [account(reader), reader.fixed(16), readHead(reader)];
  reader.uint(8);
  const inner = new Reader(reader.bytes(16_384));
  const content = readContent(type, inner);
  inner.end();
  reader.end();
  const blank = [sequence === 0, same(conversation, zeros(32)), same(previous, zeros(32))];
  must(type === 1 ? blank.every(Boolean) : sequence > 0, "malformed", "create stands first");
  const sig = outer.fixed(64);
  outer.end();
  const hash = H("sotto/v1/membership-entry-hash", whole);
  return { whole, body, sig, type, conversation, sequence, previous, signer, device, head, content, hash };
}

/** Rule 4. */
function checkSigner({ signer, device, head, body, sig }: Entry, chains: Chains): void {
  const chain = chains.find((one) => hex(one.account) === signer);
  must(chain !== undefined, "unknown_chain", signer);
  const known = chain.hashes[head.sequence];
  must(known !== undefined, "chain_behind", signer);
  must(same(known, head.hash), "fork", "another account chain");
  const active = chain.active[head.sequence]?.find(({ id }) => same(id, device));
  must(active !== undefined, "not_permitted", "the device was not active");
  must(signed("sotto/v1/membership-entry", body, sig, active.signing), "bad_signature", "the signer's");
}

function begin(entry: Entry): Group {
  const { type, content, signer, hash, whole } = entry;
  must(type === 1, "malformed", "it begins with create");
  const head = { sequence: 0, hash };
  return {
    conversation: H("sotto/v1/conversation-group", whole),
    kind: content.kind ?? 0,
    name: content.name ?? "",
    policy: content.policy ?? [],
    members: new Map([[signer, { role: 3, anchored: entry.head.sequence }]]),
    invited: new Map(),
    removed: [],
    head,
    checkpoint: { ...head, owners: [signer] },
  };
}

function follow(group: Group, entry: Entry): Group {
  const { type, signer, content, hash, sequence } = entry;
  must(type !== 1, "malformed", "a second create");
  must(same(entry.conversation, group.conversation), "wrong_conversation", "of another");
  must(sequence === group.head.sequence + 1, "malformed", "not the next sequence");
  must(same(entry.previous, group.head.hash), "fork", "it follows another entry");

  const members = new Map(group.members);
  const invited = new Map(group.invited);
  let { removed, policy, name, checkpoint } = group;
  const me = members.get(signer);
  const mine = me?.role ?? 0;
  const target = content.account ?? "";
  const theirs = members.get(target)?.role ?? 0;
  const owners = ownersOf(group);
  refuse(me === undefined || entry.head.sequence >= me.anchored, "older than the anchored head");
  if (me !== undefined) members.set(signer, { role: mine, anchored: entry.head.sequence });
  else refuse(type === 3 || type === 5, "not a member");

  if (type === 2) {
    refuse(mine >= (policy[0] ?? 4), "may not invite");
    refuse(theirs === 0 && !invited.has(target) && invited.size < 1024, "in it, invited, or too many");
    invited.set(target, signer);
    removed = removed.filter((id) => id !== target);
  } else if (type === 3) {
    refuse(me === undefined && members.size < 256, "a member, or too many");
    refuse(invited.has(signer) || (group.kind === 2 && !removed.includes(signer)), "uninvited");
    invited.delete(signer);
    members.set(signer, { role: 1, anchored: entry.head.sequence });
  } else if (type === 4) {
    const overMember = mine === 3 || (mine === 2 && theirs === 1);
    const overInvited = invited.has(target) && (mine >= 2 || invited.get(target) === signer);
    refuse(theirs > 0 ? overMember && target !== signer : overInvited, "may not remove");
    members.delete(target);
    invited.delete(target);
    if (mine >= 2) removed = [...removed, target].slice(-1024);
  } else if (type === 5) {
    refuse(me !== undefined || invited.has(signer), "not in it");
    refuse(mine < 3 || owners.length > 1 || members.size === 1, "the last owner");
    members.delete(signer);
    invited.delete(signer);
  } else if (type === 6) {
    refuse(mine === 3 && theirs > 0, "not an owner, or no member");
    refuse(content.role === 3 || theirs < 3 || owners.length > 1, "the last owner");
    members.set(target, { role: content.role ?? 1, anchored: members.get(target)?.anchored ?? 0 });
  } else if (type === 7) {
    refuse(mine === 3, "not an owner");
    policy = content.policy ?? [];
  } else if (type === 9) {
    refuse(mine >= 2 && group.kind === 2, "not an admin, or not a room");
    name = content.name ?? "";
  } else if (type === 10) {
    refuse(mine === 3 && vouched(entry, checkpoint), "not an owner then and now, or a checkpoint left out");
    refuse(content.owners?.join() === owners.join(), "other owners");
    refuse(
      same(content.stateHash ?? zeros(0), H("sotto/v1/membership-state", encode(group))),
      "another state",
    );
    checkpoint = { sequence, hash, owners };
  }
  return { ...group, members, invited, removed, policy, name, checkpoint, head: { sequence, hash } };
}

/** Whether a checkpoint names the one before, and its signer was an owner at that. */
function vouched({ content, signer }: Entry, before: Group["checkpoint"]): boolean {
  const named = content.before;
  const follows = named?.sequence === before.sequence && same(named.hash, before.hash);
  return follows && before.owners.includes(signer);
}

function ownersOf({ members }: Group): string[] {
  return [...members].flatMap(([id, { role }]) => (role === 3 ? [id] : [])).sort();
}

function encode({ kind, name, policy, members, invited, removed }: Group): Uint8Array {
  const sorted = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  const text = Buffer.from(name);
  return join(
    Uint8Array.of(1, kind),
    uint(text.length, 4),
    text,
    Uint8Array.from(policy),
    uint(members.size, 4),
    ...sorted(members).map(([id, { role, anchored }]) => join(raw(id), uint(role, 1), uint(anchored, 8))),
    uint(invited.size, 4),
    ...sorted(invited).map(([id, inviter]) => join(raw(id), raw(inviter))),
    uint(removed.length, 4),
    ...removed.map(raw),
  );
}

function decode(state: Uint8Array) {
  const reader = new Reader(state);
  reader.version();
  const kind = readKind(reader);
  const some = <T>(most: number, read: () => T): T[] => {
    const count = reader.uint(4);
    must(count <= most, "malformed", "too many");
    return Array.from({ length: count }, read);
  };
  const members = some(
    256,
    () => [account(reader), { role: roleAt(reader), anchored: reader.uint(8) }] as const,
  );
  const invited = some(1024, () => [account(reader), account(reader)] as const);
  const removed = some(1024, () => account(reader));
  reader.end();
  const ids = [...members.map(([id]) => id), ...invited.map(([id]) => id), ...removed];
  must(new Set(ids).size === ids.length, "malformed", "somebody in two places");
  ascending(members.map(([id]) => id));
  ascending(invited.map(([id]) => id));
  return { ...kind, members: new Map(members), invited: new Map(invited), removed };
}

const told = (group: Group) => {
  const { conversation, head, checkpoint } = group;
  return { conversation, head, checkpoint, state: encode(group) };
};

export function followMembership(entries: readonly Uint8Array[], chains: Chains) {
  let group: Group | undefined;
  for (const bytes of entries) {
    const entry = readEntry(bytes);
    group = group === undefined ? begin(entry) : follow(group, entry);
    checkSigner(entry, chains);
  }
  if (group === undefined) throw new Refused("malformed", "no entries");
  return told(group);
}

export function restoreMembership(entries: readonly Uint8Array[], state: Uint8Array, chains: Chains) {
  const [create, ...later] = entries.map(readEntry);
  must(create !== undefined, "malformed", "no entries");
  let group = begin(create);
  checkSigner(create, chains);
  must(later.length > 0 || state.length === 0, "malformed", "a state that nobody names");
  for (const [i, entry] of later.entries()) {
    must(entry.type === 10, "malformed", "not a checkpoint");
    must(same(entry.conversation, group.conversation), "wrong_conversation", "of another");
    const { owners = [] } = entry.content;
    const inOrder = entry.sequence > group.checkpoint.sequence && vouched(entry, group.checkpoint);
    refuse(inOrder && owners.includes(entry.signer), "not an owner then and now, or a checkpoint left out");
    if (i === later.length - 1) {
      const named = decode(state);
      refuse(named.kind === group.kind, "another kind");
      const head = { sequence: entry.sequence - 1, hash: entry.previous };
      group = follow({ ...group, ...named, head }, entry);
    } else {
      group = { ...group, checkpoint: { sequence: entry.sequence, hash: entry.hash, owners } };
    }
    checkSigner(entry, chains);
  }
  return told(group);
}
