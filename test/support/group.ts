// A group or room as a test drives it: entries are signed here, and the state is what `keys/` makes of them.
import {
  applyMembershipEntry,
  type ConversationId,
  defaultPolicies,
  equal,
  type MembershipContent,
  type MembershipState,
  randomBytes,
  signMembershipEntry,
} from "../../keys/index.ts";
import { type AppendEntryResponse, GroupsService } from "../../proto/gen/sotto/relay/v1/groups_pb.ts";
import { callUnary } from "../../proto/grpc.ts";
import type { Person, TestDevice } from "./bare-relay.ts";

/** The entry of a device on top of `state`. */
export function entryBy(
  { person, keys }: TestDevice,
  state: MembershipState | undefined,
  content: MembershipContent,
): Uint8Array {
  const { deviceId, signing } = keys;
  const { accountId, chain } = person;
  const head = { sequence: chain.head.sequence, hash: chain.head.hash };
  return signMembershipEntry({
    state,
    content,
    signer: { accountId, deviceId, head, signingSecretKey: signing.secretKey },
    createdAt: Date.now(),
  });
}

export function appendEntryTo(device: TestDevice, entry: Uint8Array): Promise<AppendEntryResponse> {
  return callUnary(device.client, GroupsService.method.appendEntry, { entry }, device.metadata);
}

export function membershipOf(
  device: TestDevice,
  conversationId: Uint8Array,
  entriesHeld = 0n,
  entriesWanted = 0n,
) {
  const request = { conversationId, entriesHeld, entriesWanted };
  return callUnary(device.client, GroupsService.method.getMembership, request, device.metadata);
}

export function roomsFor(
  device: TestDevice,
  request: { pageSize?: number; pageToken?: string; name?: string },
) {
  return callUnary(device.client, GroupsService.method.listRooms, request, device.metadata);
}

export const join: MembershipContent = { type: "join" };
export const leave: MembershipContent = { type: "leave" };

export function invite({ accountId }: Person): MembershipContent {
  return { type: "invite", accountId };
}

export function removal({ accountId }: Person): MembershipContent {
  return { type: "remove", accountId };
}

/** What the create entry of a group says; with a name, of a room. */
export function creation(name = ""): MembershipContent {
  const kind = name === "" ? "group" : "room";
  return { type: "create", kind, name, policy: defaultPolicies[kind], random: randomBytes(16) };
}

export class TestGroup {
  state: MembershipState;
  readonly entries: Uint8Array[];
  readonly #people: Person[];

  private constructor(state: MembershipState, entries: Uint8Array[], people: Person[]) {
    this.state = state;
    this.entries = entries;
    this.#people = people;
  }

  static async create(owner: TestDevice, content: MembershipContent = creation()): Promise<TestGroup> {
    const entry = entryBy(owner, undefined, content);
    await appendEntryTo(owner, entry);
    const state = applyMembershipEntry(undefined, entry, () => owner.person.chain);
    return new TestGroup(state, [entry], [owner.person]);
  }

  get id(): ConversationId {
    return this.state.conversation;
  }

  /** Signs on top of the newest entry and has it appended. */
  async append(by: TestDevice, content: MembershipContent): Promise<AppendEntryResponse> {
    const entry = entryBy(by, this.state, content);
    const answer = await appendEntryTo(by, entry);
    this.#people.push(by.person);
    this.state = applyMembershipEntry(
      this.state,
      entry,
      (account) => this.#people.find(({ accountId }) => equal(accountId, account))?.chain,
    );
    this.entries.push(entry);
    return answer;
  }

  /** Invited by `by`, each joins with his first device. */
  async add(by: TestDevice, ...devices: TestDevice[]): Promise<void> {
    for (const device of devices) {
      await this.append(by, invite(device.person));
      await this.append(device, join);
    }
  }
}
