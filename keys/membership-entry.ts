// The bytes of one membership entry, SPEC §8.4. Whether it is allowed: membership-rules.ts.
import type { ChainHead } from "./account-entry.ts";
import { compare, concat, equal } from "./bytes.ts";
import { decode, type Reader, Writer } from "./encoding.ts";
import { KeysError } from "./errors.ts";
import {
  type AccountId,
  accountId,
  type ConversationId,
  conversationId,
  type DeviceId,
  deviceId,
  type Hash,
  hash,
  type Signature,
  signature,
} from "./ids.ts";
import { hashLabelled } from "./labelled.ts";
import { labels } from "./labels.ts";
import {
  type GroupKind,
  type Policy,
  type Role,
  readKind,
  readName,
  readPolicy,
  readRole,
  writeKind,
  writeName,
  writePolicy,
  writeRole,
} from "./membership-policy.ts";

export const MAX_MEMBERSHIP_ENTRY_BYTES = 16_384;
export const MAX_GROUP_MEMBERS = 256;

/** A place in the membership chain. */
export interface MembershipHead {
  readonly sequence: number;
  readonly hash: Hash;
}

/** Who signed, and the head of his account chain that he names: his device is active there. */
export interface MembershipSigner {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  readonly head: ChainHead;
}

export type MembershipContent =
  | {
      readonly type: "create";
      readonly kind: GroupKind;
      /** Of a room; empty for a group. */
      readonly name: string;
      readonly policy: Policy;
      /** 16 bytes: no two groups are the same. */
      readonly random: Uint8Array;
    }
  | { readonly type: "invite"; readonly accountId: AccountId }
  | { readonly type: "join" }
  | { readonly type: "remove"; readonly accountId: AccountId }
  | { readonly type: "leave" }
  | { readonly type: "role"; readonly accountId: AccountId; readonly role: Role }
  | { readonly type: "policy"; readonly policy: Policy }
  | { readonly type: "rekey" }
  | { readonly type: "rename"; readonly name: string }
  | {
      readonly type: "checkpoint";
      /** In ascending order. */
      readonly owners: readonly AccountId[];
      /** The checkpoint before; for the first the create entry. */
      readonly previous: MembershipHead;
      /** Of the state before this entry. */
      readonly stateHash: Hash;
    };

export interface MembershipBody {
  /** Null in create, where the id does not exist yet. */
  readonly conversation: ConversationId | null;
  readonly sequence: number;
  /** The hash of the entry before; 32 zero bytes in create. */
  readonly previous: Hash;
  readonly signer: MembershipSigner;
  readonly createdAt: number;
  readonly content: MembershipContent;
}

export interface MembershipEntry extends MembershipBody {
  /** As received: what the signature is over. */
  readonly body: Uint8Array;
  readonly signature: Signature;
  readonly hash: Hash;
  /** The whole entry. */
  readonly bytes: Uint8Array;
}

const noConversation = conversationId(new Uint8Array(32));
/** What create follows. */
export const noEntry = hash(new Uint8Array(32));

export function writeHead(writer: Writer, head: { readonly sequence: number; readonly hash: Hash }): void {
  writer.u64(head.sequence).fixed(head.hash, 32);
}

export function readHead(reader: Reader): { sequence: number; hash: Hash } {
  return { sequence: reader.u64(), hash: hash(reader.fixed(32)) };
}

/** u16 count ‖ accounts in ascending order, each once. */
export function writeOwners(writer: Writer, owners: readonly AccountId[]): void {
  checkOwners(owners);
  writer.u16(owners.length);
  for (const owner of owners) writer.fixed(owner, 32);
}

export function readOwners(reader: Reader): AccountId[] {
  const count = reader.u16();
  if (count > MAX_GROUP_MEMBERS) throw new KeysError("malformed", "more owners than members");
  const owners = Array.from({ length: count }, () => accountId(reader.fixed(32)));
  checkOwners(owners);
  return owners;
}

function checkOwners(owners: readonly AccountId[]): void {
  const ordered = owners.every((owner, index) => {
    const before = owners[index - 1];
    return before === undefined || compare(before, owner) < 0;
  });
  if (owners.length === 0 || !ordered) throw new KeysError("malformed", "owners missing or out of order");
}

function writeContent(writer: Writer, content: MembershipContent): number {
  switch (content.type) {
    case "create":
      writeKind(writer, content.kind, content.name);
      writePolicy(writer, content.policy);
      writer.fixed(content.random, 16);
      return 1;
    case "invite":
      writer.fixed(content.accountId, 32);
      return 2;
    case "join":
      return 3;
    case "remove":
      writer.fixed(content.accountId, 32);
      return 4;
    case "leave":
      return 5;
    case "role":
      writer.fixed(content.accountId, 32);
      writeRole(writer, content.role);
      return 6;
    case "policy":
      writePolicy(writer, content.policy);
      return 7;
    case "rekey":
      return 8;
    case "rename":
      writeName(writer, content.name);
      return 9;
    case "checkpoint":
      writeOwners(writer, content.owners);
      writeHead(writer, content.previous);
      writer.fixed(content.stateHash, 32);
      return 10;
  }
}

function readContent(type: number, reader: Reader): MembershipContent {
  switch (type) {
    case 1:
      return { type: "create", ...readKind(reader), policy: readPolicy(reader), random: reader.fixed(16) };
    case 2:
      return { type: "invite", accountId: accountId(reader.fixed(32)) };
    case 3:
      return { type: "join" };
    case 4:
      return { type: "remove", accountId: accountId(reader.fixed(32)) };
    case 5:
      return { type: "leave" };
    case 6:
      return { type: "role", accountId: accountId(reader.fixed(32)), role: readRole(reader) };
    case 7:
      return { type: "policy", policy: readPolicy(reader) };
    case 8:
      return { type: "rekey" };
    case 9:
      return { type: "rename", name: readName(reader) };
    case 10:
      return {
        type: "checkpoint",
        owners: readOwners(reader),
        previous: readHead(reader),
        stateHash: hash(reader.fixed(32)),
      };
    default:
      throw new KeysError("unsupported_version", `membership entry type ${type}`);
  }
}

export function encodeMembershipBody(body: MembershipBody): Uint8Array {
  const content = new Writer();
  const type = writeContent(content, body.content);
  const writer = new Writer()
    .u8(1)
    .u8(type)
    .fixed(body.conversation ?? noConversation, 32)
    .u64(body.sequence)
    .fixed(body.previous, 32)
    .fixed(body.signer.accountId, 32)
    .fixed(body.signer.deviceId, 16);
  writeHead(writer, body.signer.head);
  return writer.u64(body.createdAt).bytes(content.finish(), MAX_MEMBERSHIP_ENTRY_BYTES).finish();
}

function readBody(bytes: Uint8Array): MembershipBody {
  return decode(bytes, (reader) => {
    reader.version();
    const type = reader.u8();
    const conversation = conversationId(reader.fixed(32));
    const sequence = reader.u64();
    const previous = hash(reader.fixed(32));
    const account = accountId(reader.fixed(32));
    const device = deviceId(reader.fixed(16));
    const signer = { accountId: account, deviceId: device, head: readHead(reader) };
    const createdAt = reader.u64();
    const content = decode(reader.bytes(MAX_MEMBERSHIP_ENTRY_BYTES), (inner) => readContent(type, inner));

    const isFirst = sequence === 0 && equal(conversation, noConversation) && equal(previous, noEntry);
    if (isFirst !== (content.type === "create") || isFirst !== (sequence === 0)) {
      throw new KeysError("malformed", "create stands first, with zeros for what is not there yet");
    }
    return { conversation: isFirst ? null : conversation, sequence, previous, signer, createdAt, content };
  });
}

export function encodeMembershipEntry(body: Uint8Array, made: Signature): Uint8Array {
  const prefix = new Writer().bytes(body, MAX_MEMBERSHIP_ENTRY_BYTES).finish();
  return concat(prefix, made);
}

/** Checks form only, no signature. Throws `malformed`, `unsupported_version`. */
export function readMembershipEntry(bytes: Uint8Array): MembershipEntry {
  if (bytes.length > MAX_MEMBERSHIP_ENTRY_BYTES) throw new KeysError("malformed", "entry too long");
  return decode(bytes, (reader) => {
    const body = reader.bytes(MAX_MEMBERSHIP_ENTRY_BYTES);
    const fields = readBody(body);
    const made = signature(reader.fixed(64));
    return { ...fields, body, signature: made, hash: hashLabelled(labels.membershipEntryHash, bytes), bytes };
  });
}

/** The id of the group or room that this create entry makes. Throws `malformed` for another entry. */
export function groupConversationId(createEntry: Uint8Array): ConversationId {
  if (readMembershipEntry(createEntry).content.type !== "create") {
    throw new KeysError("malformed", "not a create entry");
  }
  return conversationId(hashLabelled(labels.groupConversation, createEntry));
}
