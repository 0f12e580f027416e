// A relay of directory and messaging only, on real sockets and a real PostgreSQL, where a device says who it is and is
// believed: for tests of what follows after the login.
import { type Client, Metadata, ServerCredentials } from "@grpc/grpc-js";
import {
  type AccountId,
  accountId,
  type ChainState,
  createDeviceKeys,
  type DeviceKeys,
  deviceId,
  randomBytes,
  ready,
  type SigningKeyPair,
  signAdd,
  signRevoke,
  verifyChain,
} from "../../keys/index.ts";
import { DirectoryService } from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import { callUnary } from "../../proto/grpc.ts";
import { insertAccount } from "../../relay/auth/sql/insert-account.ts";
import type { Database } from "../../relay/db/pool.ts";
import { directoryService } from "../../relay/directory/service.ts";
import { openDoors } from "../../relay/doors.ts";
import { LocalBus } from "../../relay/fanout/local.ts";
import { groupsService } from "../../relay/groups/service.ts";
import type { Rate } from "../../relay/limits.ts";
import { type MessagingOptions, messagingService } from "../../relay/messaging/service.ts";
import { createMetrics } from "../../relay/metrics/metrics.ts";
import { startServer } from "../../relay/server.ts";
import { keptLog } from "./log.ts";
import { dial, newAccount } from "./member.ts";
import { freshDatabase } from "./postgres.ts";

export interface BareRelay {
  readonly url: string;
  readonly database: Database;
  /** What it has logged so far. */
  log(): string;
  /** When the tokens of streams opened from now on run out. */
  tokensExpireAt: number;
  /** A person with devices, known to the relay. */
  person(name: string, devices?: number): Promise<Person>;
  addDevice(person: Person): Promise<TestDevice>;
  /** Drains this process; the database stays, `startAgain` goes on with it. */
  drain(graceMs?: number): Promise<void>;
  startAgain(): Promise<void>;
  /** Another process' worth of relay on the same database; gives the devices of a person connections to it. */
  sibling(): Promise<{ connect(device: TestDevice): TestDevice; stop(): Promise<void> }>;
  stop(): Promise<void>;
}

export interface BareRelayOptions extends MessagingOptions {
  readonly pairsTaken?: Rate;
}

export interface Person {
  readonly name: string;
  readonly accountId: AccountId;
  readonly accountKey: SigningKeyPair;
  chain: ChainState;
  readonly devices: TestDevice[];
}

/** One device and its connection. */
export interface TestDevice {
  readonly person: Person;
  readonly keys: DeviceKeys;
  readonly client: Client;
  readonly metadata: Metadata;
}

export async function startBareRelay(options: BareRelayOptions = {}): Promise<BareRelay> {
  await ready();
  const fresh = await freshDatabase();
  const clients: Client[] = [];
  const { log, lines } = keptLog();

  const start = (port: number) => {
    const bus = new LocalBus();
    const parts = {
      database: fresh.database,
      clock: Date.now,
      log,
      doors: openDoors,
      metrics: createMetrics(),
    };
    return startServer({
      services: [
        directoryService(parts, bus, options.pairsTaken),
        messagingService(parts, bus, options),
        groupsService(parts, bus, options),
      ],
      host: "127.0.0.1",
      port,
      credentials: ServerCredentials.createInsecure(),
      behindProxy: false,
      authenticate: async (metadata) => ({
        accountId: accountId(bytesOf(metadata, "account-bin")),
        deviceId: deviceId(bytesOf(metadata, "device-bin")),
        tokenExpiresAt: relay.tokensExpireAt,
      }),
      log,
      metrics: parts.metrics,
    });
  };
  let server = await start(0);
  const url = `http://127.0.0.1:${server.port}`;

  const relay: BareRelay = {
    url,
    database: fresh.database,
    log: lines,
    tokensExpireAt: Number.MAX_SAFE_INTEGER,
    person: async (name, devices = 1) => {
      const person = await newPerson(fresh.database, name);
      connect(person, person.firstKeys, url, clients);
      for (let index = 1; index < devices; index++) await relay.addDevice(person);
      return person;
    },
    addDevice: async (person) => {
      const keys = createDeviceKeys(randomBytes);
      await append(person, addition(person, keys));
      return connect(person, keys, url, clients);
    },
    drain: (graceMs = 5_000) => server.drain(graceMs),
    startAgain: async () => {
      server = await start(server.port);
    },
    sibling: async () => {
      const other = await start(0);
      return {
        connect: ({ person, keys }) => deviceOf(person, keys, `http://127.0.0.1:${other.port}`, clients),
        stop: () => other.drain(0),
      };
    },
    stop: async () => {
      for (const client of clients) client.close();
      await server.drain(0);
      await fresh.drop();
    },
  };
  return relay;
}

async function newPerson(database: Database, name: string): Promise<Person & { firstKeys: DeviceKeys }> {
  const { chain, genesis, accountKey, device } = await newAccount(name);
  const account = {
    chain,
    genesis,
    opaqueRecord: "",
    sealedAccountKey: new Uint8Array(72),
    now: Date.now(),
  };
  await database.transaction((transaction) => insertAccount(transaction, account));
  return { name, accountId: chain.accountId, accountKey, chain, devices: [], firstKeys: device };
}

function connect(person: Person, keys: DeviceKeys, url: string, clients: Client[]): TestDevice {
  const device = deviceOf(person, keys, url, clients);
  person.devices.push(device);
  return device;
}

function deviceOf(person: Person, keys: DeviceKeys, url: string, clients: Client[]): TestDevice {
  const client = dial(url);
  clients.push(client);
  const metadata = new Metadata();
  metadata.set("account-bin", Buffer.from(person.accountId));
  metadata.set("device-bin", Buffer.from(keys.deviceId));
  return { person, keys, client, metadata };
}

function bytesOf(metadata: Metadata, key: string): Uint8Array {
  const [value] = metadata.get(key);
  return new Uint8Array(Buffer.isBuffer(value) ? value : Buffer.alloc(0));
}

/** The entry that adds a device, by the person's first device. */
export function addition(person: Person, device: DeviceKeys): Uint8Array {
  return signAdd(person.chain, { by: firstDevice(person), device, createdAt: Date.now() });
}

/** The entry that revokes a device, by the person's first device. */
export function revocation(person: Person, device: Pick<DeviceKeys, "deviceId">): Uint8Array {
  return signRevoke(person.chain, {
    by: firstDevice(person),
    deviceId: device.deviceId,
    createdAt: Date.now(),
  });
}

function firstDevice(person: Person) {
  return { kind: "device" as const, device: nth(person.devices, 0).keys };
}

/** Appends to the person's chain at the relay, and then here. */
export async function append(person: Person, entry: Uint8Array): Promise<void> {
  const { client, metadata } = nth(person.devices, 0);
  await callUnary(client, DirectoryService.method.appendAccountEntry, { entry }, metadata);
  person.chain = verifyChain([entry], person.chain);
}

export function nth<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`no item ${index}`);
  return item;
}
