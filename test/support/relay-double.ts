import { create } from "@bufbuild/protobuf";
import { NetError, type RefusalReason } from "../../client/net/net-error.ts";
import type {
  ChainEntries,
  Conversation,
  Cursor,
  Delivery,
  PeopleWatch,
  Person,
  PrekeyBundle,
  RelayConnection,
  RelayStream,
  Roster,
  StreamOptions,
} from "../../client/net/relay-connection.ts";
import {
  accountId,
  type ChainState,
  conversationId,
  type DeviceAddress,
  dmConversationId,
  envelopeHash,
  equal,
  extendLog,
  incarnation,
  type LogHead,
  logStart,
  messageRowHash,
  type RosterSlot,
  randomBytes,
  readEnvelopeHeader,
  rosterHash,
  rosterOf,
  selfConversationId,
  toHex,
  unpackWraps,
  verifyChain,
  verifyPrekey,
} from "../../keys/index.ts";
import {
  ChainEntriesSchema,
  PersonSchema,
  PrekeyBundleSchema,
} from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import { ErrorReason } from "../../proto/gen/sotto/relay/v1/errors_pb.ts";
import {
  AcceptedSchema,
  ConversationKind,
  ConversationSchema,
  DeliverySchema,
  PulledSchema,
  RefusedSchema,
  RosterSchema,
} from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";

interface Row {
  readonly envelope: Uint8Array;
  readonly wraps: readonly (Uint8Array | null)[];
  readonly sender: string;
  readonly roster: number;
  readonly rowHash: Uint8Array;
  readonly storedAt: number;
}

export interface Log {
  readonly id: Uint8Array;
  readonly members: readonly Uint8Array[];
  incarnation: Uint8Array;
  head: LogHead;
  readonly rows: Row[];
  readonly rosters: RosterSlot[][];
  lastRemoval: number;
  readonly cursors: Map<string, number>;
  /** Where devices begin that were added later. */
  readonly starts: Map<string, LogHead>;
  readonly accepted: Map<string, { envelope: Uint8Array; sequence: number; logHash: Uint8Array }>;
}

interface Account {
  readonly entries: Uint8Array[];
  chain: ChainState;
}

interface Prekeys {
  signed?: Uint8Array;
  lastResort?: Uint8Array;
  readonly oneTime: Map<number, Uint8Array>;
  readonly handedOut: Set<number>;
}

/** How the double lies. Each gets the honest answer and returns what is told instead. */
export interface Lies {
  people?: (people: Person[]) => Person[];
  chains?: (chains: ChainEntries[]) => ChainEntries[];
  bundles?: (bundles: PrekeyBundle[]) => PrekeyBundle[];
  roster?: (roster: Roster) => Roster;
  heads?: (heads: Conversation[]) => Conversation[];
  deliveries?: (deliveries: Delivery[], reader: DeviceAddress) => Delivery[];
  /** Before a submit is looked at: "break" ends the stream, unstored; a reason refuses it. */
  submit?: (envelope: Uint8Array) => "break" | "break after" | "storage full" | RefusalReason | undefined;
  /** A reason to refuse it. */
  eraseRow?: () => RefusalReason | undefined;
}

/**
 * A relay in memory, behind the same interface as the real one, that can be told to lie. A double for a hostile party
 * and for the moments between two steps; honest stories run against the real relay.
 */
export class RelayDouble {
  readonly accounts = new Map<string, Account>();
  readonly prekeys = new Map<string, Prekeys>();
  readonly logs = new Map<string, Log>();
  readonly streams = new Set<StreamDouble>();
  readonly submits: { envelope: Uint8Array; wraps: Uint8Array }[] = [];
  readonly calls: string[] = [];
  /** Numbers of the rows that it was asked to erase, and did. */
  readonly erased: bigint[] = [];
  lies: Lies = {};
  isDown = false;
  now = () => 1_800_000_000_000;
  /** What Welcome says that the time is. */
  clock = () => Date.now();

  register(genesis: Uint8Array): void {
    const chain = verifyChain([genesis]);
    this.accounts.set(toHex(chain.accountId), { entries: [genesis], chain });
  }

  /** Also bumps the rosters of the account's conversations, as the real relay does in one transaction. */
  append(owner: Uint8Array, entry: Uint8Array): void {
    const account = this.account(owner);
    const known = new Set(account.chain.devices.map(({ deviceId }) => toHex(deviceId)));
    account.chain = verifyChain([entry], account.chain);
    const added = account.chain.devices.filter(({ deviceId }) => !known.has(toHex(deviceId)));
    account.entries.push(entry);
    for (const log of this.logs.values()) {
      if (!log.members.some((member) => equal(member, owner))) continue;
      log.rosters.push(this.rosterNow(log));
      for (const { deviceId } of added) {
        if (log.head.sequence > 0) log.starts.set(address({ accountId: owner, deviceId }), log.head);
      }
      log.lastRemoval = log.rosters.length;
    }
  }

  account(id: Uint8Array): Account {
    const found = this.accounts.get(toHex(id));
    if (found === undefined) throw refused("unknown_account");
    return found;
  }

  rosterNow(log: Log): RosterSlot[] {
    return rosterOf(log.members.map((member) => this.account(member).chain));
  }

  log(one: Uint8Array, other: Uint8Array): Log {
    const isSelf = equal(one, other);
    const id = isSelf
      ? selfConversationId(accountId(one))
      : dmConversationId(accountId(one), accountId(other));
    const found = this.logs.get(toHex(id));
    if (found !== undefined) return found;
    const made = incarnation(randomBytes(16));
    const log: Log = {
      id,
      members: isSelf ? [one] : [one, other],
      incarnation: made,
      head: logStart(id, made),
      rows: [],
      rosters: [],
      lastRemoval: 0,
      cursors: new Map(),
      starts: new Map(),
      accepted: new Map(),
    };
    log.rosters.push(this.rosterNow(log));
    this.logs.set(toHex(id), log);
    return log;
  }

  logOf(id: Uint8Array): Log {
    const found = this.logs.get(toHex(id));
    if (found === undefined) throw refused("unknown_conversation");
    return found;
  }

  roster(log: Log, version: number): Roster {
    const slots = log.rosters[version - 1] ?? [];
    const hash = rosterHash(conversationId(log.id), version, slots);
    const roster = create(RosterSchema, {
      conversationId: log.id,
      version: BigInt(version),
      devices: slots,
      hash,
    });
    return this.lies.roster?.(roster) ?? roster;
  }

  describe(log: Log, reader: string): Conversation {
    const start = log.starts.get(reader);
    return create(ConversationSchema, {
      conversationId: log.id,
      kind: ConversationKind.DIRECT,
      incarnation: log.incarnation,
      head: BigInt(log.head.sequence),
      cursor: BigInt(log.cursors.get(reader) ?? start?.sequence ?? 0),
      rosterVersion: BigInt(log.rosters.length),
      members: [...log.members],
      start: BigInt(start?.sequence ?? 0),
      ...(start && { startHash: start.hash }),
    });
  }

  /** Stores a row whatever it is, as only the relay itself can. */
  store(log: Log, row: Omit<Row, "rowHash" | "storedAt">): LogHead {
    const rowHash = messageRowHash(envelopeHash(row.envelope));
    log.head = extendLog(log.head, rowHash);
    log.rows.push({ ...row, rowHash, storedAt: this.now() });
    const sequence = log.head.sequence;
    for (const stream of this.streams) stream.push(log, sequence);
    return log.head;
  }

  deliver(log: Log, sequence: number, reader: DeviceAddress): Delivery {
    const row = log.rows[sequence - 1];
    if (row === undefined) throw new Error(`no row ${sequence}`);
    const isOwn = row.sender === address(reader);
    const slot = (log.rosters[row.roster - 1] ?? []).findIndex((each) => address(each) === address(reader));
    return create(DeliverySchema, {
      conversationId: log.id,
      sequence: BigInt(sequence),
      rowHash: row.rowHash,
      envelope: isOwn ? new Uint8Array() : row.envelope,
      envelopeHash: envelopeHash(row.envelope),
      wrap: isOwn ? new Uint8Array() : (row.wraps[slot] ?? new Uint8Array()),
      storedAt: BigInt(row.storedAt),
    });
  }

  /** All at once forgotten and begun anew, as after a restore from a backup that was older. */
  loseLog(log: Log, keep: number): void {
    log.incarnation = incarnation(randomBytes(16));
    log.rows.length = keep;
    log.head = logStart(conversationId(log.id), incarnation(log.incarnation));
    for (const row of log.rows) log.head = extendLog(log.head, row.rowHash as never);
    log.cursors.clear();
    log.accepted.clear();
  }

  connect(device: DeviceAddress): () => Promise<RelayConnection> {
    return async () => {
      if (this.isDown) throw new NetError("unreachable", "the relay is down");
      return new ConnectionDouble(this, device);
    };
  }
}

function address(device: { readonly accountId: Uint8Array; readonly deviceId: Uint8Array }): string {
  return toHex(device.accountId) + toHex(device.deviceId);
}

function refused(reason: RefusalReason): NetError {
  return new NetError("refused", reason, { reason });
}

/** Answers are copies, as they are off a wire. */
async function soon(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

class ConnectionDouble implements RelayConnection {
  readonly #relay: RelayDouble;
  readonly #device: DeviceAddress;

  constructor(relay: RelayDouble, device: DeviceAddress) {
    this.#relay = relay;
    this.#device = device;
  }

  async #called(name: string): Promise<RelayDouble> {
    await soon();
    this.#relay.calls.push(name);
    if (this.#relay.isDown) throw new NetError("unreachable", "the relay is down");
    return this.#relay;
  }

  async lookUpPeople({ names = [] }: { names?: string[]; accountIds?: Uint8Array[] }): Promise<Person[]> {
    const relay = await this.#called("lookUpPeople");
    const people = [...relay.accounts.values()]
      .filter(({ chain }) => names.includes(chain.name))
      .map(({ chain }) => create(PersonSchema, { accountId: chain.accountId, name: chain.name }));
    return relay.lies.people?.(people) ?? people;
  }

  async listPeople(): Promise<{ people: Person[]; nextPageToken: string }> {
    await this.#called("listPeople");
    return { people: [], nextPageToken: "" };
  }

  /** Nobody joins a relay in memory while somebody watches. */
  async watchPeople(_onPeople: unknown, signal: AbortSignal): Promise<PeopleWatch> {
    await this.#called("watchPeople");
    const closed = new Promise<undefined>((resolve) => {
      signal.addEventListener("abort", () => resolve(undefined), { once: true });
    });
    return { closed };
  }

  async deleteAccount(): Promise<void> {
    throw new NetError("refused", "no", { reason: "unspecified" });
  }

  async eraseRow(_: Uint8Array, sequence: bigint): Promise<void> {
    const relay = await this.#called("eraseRow");
    const reason = relay.lies.eraseRow?.();
    if (reason !== undefined) throw new NetError("refused", "no", { reason });
    relay.erased.push(sequence);
  }

  async getAccountChains(positions: { accountId?: Uint8Array; entriesHeld?: bigint }[]) {
    const relay = await this.#called("getAccountChains");
    const chains = positions.map(({ accountId: id = new Uint8Array(), entriesHeld = 0n }) => {
      const { entries, chain } = relay.account(id);
      return create(ChainEntriesSchema, {
        accountId: id,
        entries: entries.slice(Number(entriesHeld)),
        head: { sequence: BigInt(chain.head.sequence), hash: chain.head.hash },
      });
    });
    return relay.lies.chains?.(chains) ?? chains;
  }

  async appendAccountEntry(entry: Uint8Array): Promise<void> {
    (await this.#called("appendAccountEntry")).append(this.#device.accountId, entry);
  }

  async publishPrekeys(published: {
    signedPrekey?: Uint8Array;
    lastResortPrekey?: Uint8Array;
    oneTimePrekeys?: Uint8Array[];
    replacePairs?: boolean;
  }): Promise<{ oneTimeLeft: number }> {
    const relay = await this.#called("publishPrekeys");
    const held = this.#prekeys(this.#device);
    if (published.replacePairs) held.oneTime.clear();
    if (published.signedPrekey?.length) held.signed = published.signedPrekey;
    if (published.lastResortPrekey?.length) held.lastResort = published.lastResortPrekey;
    const { chain } = relay.account(this.#device.accountId);
    const device = chain.devices.find(({ deviceId }) => equal(deviceId, this.#device.deviceId));
    if (device === undefined) throw refused("unknown_device");
    for (const pair of published.oneTimePrekeys ?? []) {
      const { id } = verifyPrekey(pair, { ...device, accountId: chain.accountId });
      if (!held.handedOut.has(id)) held.oneTime.set(id, pair);
    }
    return { oneTimeLeft: held.oneTime.size };
  }

  async countPrekeys() {
    await this.#called("countPrekeys");
    return {
      oneTimeLeft: this.#prekeys(this.#device).oneTime.size,
      signedPrekeyId: 0,
      lastResortPrekeyId: 0,
    };
  }

  #prekeys(device: DeviceAddress): Prekeys {
    const key = address(device);
    const held = this.#relay.prekeys.get(key) ?? { oneTime: new Map(), handedOut: new Set() };
    this.#relay.prekeys.set(key, held);
    return held;
  }

  async takePrekeyBundles(devices: { accountId?: Uint8Array; deviceId?: Uint8Array }[]) {
    const relay = await this.#called("takePrekeyBundles");
    const bundles = devices.flatMap((device) => {
      const { signed, lastResort, oneTime, handedOut } = this.#prekeys(device as DeviceAddress);
      if (signed === undefined || lastResort === undefined) return [];
      const [taken] = oneTime;
      if (taken !== undefined) {
        oneTime.delete(taken[0]);
        handedOut.add(taken[0]);
      }
      return [
        create(PrekeyBundleSchema, { device, signedPrekey: signed, kemPrekey: taken?.[1] ?? lastResort }),
      ];
    });
    return relay.lies.bundles?.(bundles) ?? bundles;
  }

  async openDirect(other: Uint8Array): Promise<{ conversation: Conversation; roster: Roster }> {
    const relay = await this.#called("openDirect");
    relay.account(other);
    const log = relay.log(this.#device.accountId, other);
    return {
      conversation: relay.describe(log, address(this.#device)),
      roster: relay.roster(log, log.rosters.length),
    };
  }

  /** Groups are tried with the real relay. */
  async appendMembershipEntry(): Promise<never> {
    throw new NetError("refused", "no groups here", { reason: "not_permitted" });
  }

  async getMembership(): Promise<never> {
    throw new NetError("refused", "no groups here", { reason: "unknown_conversation" });
  }

  async listRooms() {
    return { rooms: [], nextPageToken: "" };
  }

  async getRoster(id: Uint8Array, version: bigint): Promise<Roster> {
    const relay = await this.#called("getRoster");
    const log = relay.logOf(id);
    return relay.roster(log, Number(version) || log.rosters.length);
  }

  async openStream(options: StreamOptions): Promise<RelayStream> {
    const relay = await this.#called("openStream");
    const left = this.#prekeys(this.#device).oneTime.size;
    return new StreamDouble(relay, this.#device, options, left);
  }

  close(): void {}
}

export class StreamDouble implements RelayStream {
  readonly welcome: RelayStream["welcome"];
  readonly heads: Conversation[];
  readonly closed: Promise<NetError | undefined>;
  readonly device: DeviceAddress;
  readonly lease: bigint;
  readonly #relay: RelayDouble;
  readonly #options: StreamOptions;
  #end: (error: NetError | undefined) => void = () => undefined;
  #ended: { error: NetError | undefined } | undefined;
  isSilent = false;

  constructor(relay: RelayDouble, device: DeviceAddress, options: StreamOptions, left: number) {
    this.#relay = relay;
    this.#options = options;
    this.device = device;
    this.lease = options.lease;
    let acknowledged = 0;
    for (const log of relay.logs.values()) acknowledged += log.cursors.get(address(device)) ?? 0;
    this.welcome = {
      now: BigInt(relay.clock()),
      oneTimePrekeysLeft: left,
      acknowledged: BigInt(acknowledged),
      lapsedAt: 0n,
      restoredAt: 0n,
    };
    this.closed = new Promise((resolve) => {
      this.#end = resolve;
    });
    if (options.live) {
      for (const stream of relay.streams) {
        if (address(stream.device) === address(device) && stream.lease <= options.lease) {
          stream.break(refused("superseded"));
        }
      }
      relay.streams.add(this);
    }
    const heads = [...relay.logs.values()]
      .filter(({ members }) => members.some((member) => equal(member, device.accountId)))
      .filter((log) => (log.cursors.get(address(device)) ?? 0) < log.head.sequence)
      .map((log) => relay.describe(log, address(device)));
    this.heads = relay.lies.heads?.(heads) ?? heads;
  }

  break(error: NetError | undefined): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error };
    this.#relay.streams.delete(this);
    this.#end(error);
  }

  #alive(): void {
    if (this.#ended !== undefined) throw this.#ended.error ?? new NetError("unreachable", "closed");
  }

  push(log: Log, sequence: number): void {
    if (!log.members.some((member) => equal(member, this.device.accountId))) return;
    const rows = [this.#relay.deliver(log, sequence, this.device)];
    const told = this.#relay.lies.deliveries?.(rows, this.device) ?? rows;
    setImmediate(() => {
      if (this.#ended === undefined && told.length > 0) this.#options.onDeliveries?.(told);
    });
  }

  signal(frame: Uint8Array): void {
    for (const stream of this.#relay.streams) {
      if (stream !== this) setImmediate(() => stream.#options.onSignals?.([frame]));
    }
  }

  pushSignals(frames: Uint8Array[]): void {
    this.#options.onSignals?.(frames);
  }

  pushHeads(heads: Conversation[]): void {
    this.#options.onHeads?.(heads);
  }

  resync(): void {
    this.#options.onResync?.();
  }

  async submit(envelope: Uint8Array, wraps: Uint8Array) {
    this.#alive();
    const lie = this.#relay.lies.submit?.(envelope);
    if (lie === "break") this.break(new NetError("unreachable", "broken"));
    await soon();
    this.#alive();
    this.#relay.submits.push({ envelope, wraps });
    if (lie === "storage full") return refusal("quota_exceeded", 3_600_000n);
    if (lie !== undefined && lie !== "break after" && lie !== "break") return refusal(lie);
    const answer = this.#submitted(envelope, wraps);
    if (lie === "break after") this.break(new NetError("unreachable", "broken"));
    this.#alive();
    return answer;
  }

  #submitted(envelope: Uint8Array, wraps: Uint8Array) {
    const header = readEnvelopeHeader(envelope);
    const log = this.#relay.logOf(header.conversation);
    const key = address(this.device) + toHex(header.messageId);
    const before = log.accepted.get(key);
    if (before !== undefined) {
      return equal(before.envelope, envelope) ? accepted(before, log) : refusal("message_id_reused");
    }
    const slots = log.rosters[header.rosterVersion - 1];
    const isStale = header.rosterVersion < log.lastRemoval || slots === undefined;
    if (isStale || !equal(rosterHash(header.conversation, header.rosterVersion, slots), header.rosterHash)) {
      return refusal("stale_roster");
    }
    const slices = unpackWraps(wraps);
    if (slices.length !== slots.length) return refusal("malformed");
    const head = this.#relay.store(log, {
      envelope,
      wraps: slices,
      sender: address(this.device),
      roster: header.rosterVersion,
    });
    const stored = { envelope, sequence: head.sequence, logHash: head.hash };
    log.accepted.set(key, stored);
    return accepted(stored, log);
  }

  async pull(id: Uint8Array, after: bigint, limit: number) {
    this.#alive();
    await soon();
    this.#alive();
    const log = this.#relay.logOf(id);
    const rows: Delivery[] = [];
    const start = log.starts.get(address(this.device))?.sequence ?? 0;
    for (
      let at = Math.max(Number(after), start) + 1;
      at <= log.head.sequence && rows.length < limit;
      at += 1
    ) {
      rows.push(this.#relay.deliver(log, at, this.device));
    }
    const deliveries = this.#relay.lies.deliveries?.(rows, this.device) ?? rows;
    const through = deliveries.at(-1)?.sequence ?? after;
    return {
      deliveries,
      pulled: create(PulledSchema, { conversationId: id, through, head: BigInt(log.head.sequence) }),
    };
  }

  acknowledge(cursors: readonly Cursor[]): void {
    if (this.#ended !== undefined) return;
    for (const { conversationId: id, sequence } of cursors) {
      const { cursors: held } = this.#relay.logOf(id);
      const key = address(this.device);
      held.set(key, Math.max(held.get(key) ?? 0, Number(sequence)));
    }
  }

  async ping(): Promise<number> {
    this.#alive();
    if (this.isSilent) return new Promise(() => undefined);
    await soon();
    return 1;
  }

  async close(): Promise<void> {
    this.break(undefined);
  }
}

function accepted({ sequence, logHash }: { sequence: number; logHash: Uint8Array }, { rosters }: Log) {
  const rosterVersion = BigInt(rosters.length);
  return { accepted: create(AcceptedSchema, { sequence: BigInt(sequence), logHash, rosterVersion }) };
}

function refusal(reason: RefusalReason, retryAfterMs = reason === "rate_limited" ? 60n : 0n) {
  const code = ErrorReason[reason.toUpperCase() as keyof typeof ErrorReason];
  return { refused: create(RefusedSchema, { reason: code, retryAfterMs }) };
}
