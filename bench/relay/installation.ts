// A relay process with a PostgreSQL of its own, and people in it.
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { encodeEnvelopeHeader } from "../../keys/envelope-header.ts";
import { type AccountId, equal, hash, messageId, packWraps, randomBytes, ready } from "../../keys/index.ts";
import { MessagingService, type Roster } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { callUnary } from "../../proto/grpc.ts";
import { signAccessToken } from "../../relay/auth/access-token.ts";
import { insertAccount } from "../../relay/auth/sql/insert-account.ts";
import { embeddedConnection } from "../../relay/db/embedded.ts";
import { Database } from "../../relay/db/pool.ts";
import { readSecrets, type Secrets } from "../../relay/secrets.ts";
import { type Account, newAccount } from "../../test/support/member.ts";
import { countProcessors, type Processors } from "./cpu.ts";
import { LoadProcess } from "./load-process.ts";
import type { DeviceSetup, LogSetup } from "./load-protocol.ts";
import { countedSince, type RelayCounts } from "./relay-metrics.ts";
import { type RelayOptions, RelayProcess } from "./relay-process.ts";
import type { Settings } from "./settings.ts";

/** The size that is measured: header, commitment, and what is sealed. */
const ENVELOPE_BYTES = 512;
/** A later wrap of a session, keys/SPEC.md "wraps": `npm run bench:group` prints it. */
const WRAP_BYTES = 113;
const ACCOUNTS_A_TRANSACTION = 50;
/** Of PostgreSQL's log, 16 MB each: so much, 1 GB and a tenth, it keeps by its own settings once it was busy for a while. */
const LOG_SEGMENTS = 72;
/** Access tokens of the bench live as long as it may run. */
const TOKEN_AHEAD_MS = 12 * 3_600_000;

export interface Someone {
  readonly account: Account;
  readonly accountId: AccountId;
  readonly token: string;
  readonly metadata: Metadata;
}

export interface InstallationOptions extends Omit<RelayOptions, "beside"> {
  /** How many relays serve one database. */
  readonly relays?: number;
}

const running = new Set<Installation>();

/** Ends whatever runs, as when the bench is interrupted. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map((installation) => installation.end().catch(() => undefined)));
}

/** Everything that a scenario needs; `end` leaves nothing running. */
export class Installation {
  readonly relays: readonly RelayProcess[];
  readonly database: Database;
  readonly load = new LoadProcess();
  readonly #secrets: Secrets;
  readonly #client: Client;
  readonly #postgres: number;
  #people = 0;
  #ended: Promise<void> | undefined;

  private constructor(
    relays: readonly RelayProcess[],
    { database, secrets, postgres }: { database: Database; secrets: Secrets; postgres: number },
  ) {
    this.relays = relays;
    this.database = database;
    this.#secrets = secrets;
    this.#postgres = postgres;
    this.#client = clientOf(this.relay.url);
  }

  static async start(
    settings: Settings,
    { relays = 1, ...options }: InstallationOptions = {},
  ): Promise<Installation> {
    await ready();
    const first = await RelayProcess.start(settings, options);
    const all = [first];
    while (all.length < relays) all.push(await RelayProcess.start(settings, { ...options, beside: first }));
    const { folder } = first.spawned;
    const connection = await embeddedConnection(folder);
    if (connection === undefined) throw new Error("the relay has no PostgreSQL");
    const database = new Database({ connection, size: 4, onError: () => undefined, patienceMs: 600_000 });
    await useLog(database);
    const { secrets } = await readSecrets(folder);
    const postgres = await first.spawned.postgresPid();
    const installation = new Installation(all, { database, secrets, postgres });
    running.add(installation);
    return installation;
  }

  /** The first, which has the PostgreSQL. */
  get relay(): RelayProcess {
    const [first] = this.relays;
    if (first === undefined) throw new Error("no relay");
    return first;
  }

  get client(): Client {
    return this.#client;
  }

  /** Of its relays and its load, or of others on its PostgreSQL. */
  countProcessors(others?: { readonly relays: readonly number[]; readonly load: number }): () => Processors {
    const own = { relays: this.relays.map(({ pid }) => pid), load: this.load.pid };
    return countProcessors({ ...(others ?? own), postgres: this.#postgres });
  }

  /** What the relays count of themselves; the function that is returned tells what they have counted since. */
  async countRelays(): Promise<() => Promise<RelayCounts>> {
    const now = () => Promise.all(this.relays.map((relay) => relay.counts()));
    const before = await now();
    return async () => countedSince(before, await now());
  }

  /**
   * Accounts with one device each, written as a registration writes them, but without passwords; access tokens signed
   * with the relay's key. What a login costs is not what is measured.
   */
  async people(count: number): Promise<Someone[]> {
    const people: Someone[] = [];
    while (people.length < count) {
      const size = Math.min(ACCOUNTS_A_TRANSACTION, count - people.length);
      const batch = await Promise.all(Array.from({ length: size }, (_, at) => accountAt(this.#people + at)));
      this.#people += size;
      await this.database.transaction(async (transaction) => {
        for (const { chain, genesis, sealedAccountKey } of batch) {
          const now = Date.now();
          await insertAccount(transaction, { chain, genesis, sealedAccountKey, opaqueRecord: "", now });
        }
      });
      for (const account of batch) people.push(await this.#someone(account));
    }
    // Of a database that is new PostgreSQL would do so with every table, its own too, in the midst of some stretch.
    await this.database.query("vacuum analyze");
    return people;
  }

  async #someone(account: Account): Promise<Someone> {
    const { accountId } = account.chain;
    const owner = { accountId, deviceId: account.device.deviceId };
    const { token } = await signAccessToken(this.#secrets, owner, Date.now() + TOKEN_AHEAD_MS);
    const metadata = new Metadata();
    metadata.set("authorization", `Bearer ${token}`);
    return { account, accountId, token, metadata };
  }

  async openDirect(one: Someone, other: Someone): Promise<Roster> {
    const request = { accountId: other.accountId };
    const { openDirect } = MessagingService.method;
    const { roster } = await callUnary(this.#client, openDirect, request, one.metadata);
    if (roster === undefined) throw new Error("no roster");
    return roster;
  }

  /** Pairs, each with its conversation; devices in the order of the people. */
  async pairs(people: readonly Someone[]): Promise<DeviceSetup[]> {
    const devices: DeviceSetup[] = [];
    for (let at = 0; at + 1 < people.length; at += 2) {
      const [one, other] = [people[at], people[at + 1]];
      if (one === undefined || other === undefined) break;
      const roster = await this.openDirect(one, other);
      for (const each of [one, other]) {
        devices.push({ ...deviceBy(each), logs: [{ ...logBy(each, roster), last: 0 }] });
      }
    }
    return devices;
  }

  /**
   * Does now what PostgreSQL would do in its own time, by when something else is measured: it vacuums and analyzes what
   * messages are written to, and writes to the disk what it holds in memory. Returns the seconds of a processor that it took.
   */
  async tidyUp(): Promise<number> {
    const count = this.countProcessors();
    await this.database.query("vacuum analyze log, conversations, cursors, stored_by_day");
    await this.database.query("checkpoint");
    return count().postgres;
  }

  end(): Promise<void> {
    running.delete(this);
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    await this.load.end();
    this.#client.close();
    await this.database.close();
    for (const relay of this.relays.toReversed()) await relay.stop();
  }
}

/** Keys take longer to make than all the rest: each installation has the same people. */
const made = new Map<number, Promise<Account>>();

function accountAt(place: number): Promise<Account> {
  const account = made.get(place) ?? newAccount(`bench-${place}`);
  made.set(place, account);
  return account;
}

function clientOf(url: string): Client {
  const { protocol, host } = new URL(url);
  const secure = protocol === "https:";
  const trusting = () => credentials.createSsl(null, null, null, { rejectUnauthorized: false });
  return new Client(host, secure ? trusting() : credentials.createInsecure(), {
    "grpc.enable_http_proxy": 0,
  });
}

export function deviceBy({ account, token }: Someone): Pick<DeviceSetup, "token" | "deviceId"> {
  return { token, deviceId: account.device.deviceId };
}

/** What somebody sends: noise in the form of an envelope and wraps, which is all that a relay can see. */
export function logBy({ account, accountId }: Someone, roster: Roster): Omit<LogSetup, "last"> {
  const { deviceId } = account.device;
  const header = encodeEnvelopeHeader({
    conversation: roster.conversationId as never,
    messageId: messageId(randomBytes(16)),
    attempt: 0,
    sender: accountId,
    senderDevice: deviceId,
    rosterVersion: Number(roster.version),
    rosterHash: hash(roster.hash),
    expiresAt: 0,
    nonce: randomBytes(24),
  });
  const envelope = Buffer.concat([header, randomBytes(ENVELOPE_BYTES - header.length)]);
  const wraps = packWraps(
    roster.devices.map((slot) => (equal(slot.deviceId, deviceId) ? null : wrapFor(slot.deviceId))),
  );
  return { conversationId: Uint8Array.from(roster.conversationId), message: { envelope, wraps } };
}

function wrapFor(deviceId: Uint8Array): Uint8Array {
  return Buffer.concat([deviceId, randomBytes(WRAP_BYTES - deviceId.length)]);
}

/**
 * As in a PostgreSQL that has been busy for a while: it uses the segments of its log again. A new one makes each while
 * commits wait for it, 25 to 120 ms, and at 7,500 messages a second that is once a second.
 */
async function useLog(database: Database): Promise<void> {
  const fill =
    "select pg_switch_wal() from pg_logical_emit_message(true, 'bench', 'so that it is not empty')";
  for (let segment = 0; segment < LOG_SEGMENTS; segment += 1) await database.query(fill);
  await database.query("checkpoint");
}
