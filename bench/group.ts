// What a message to a room of 2, 16, 64 and 256 members costs, beside the bare wraps of keys/ and a ping of the relay, in
// one run: `npm run bench:group`. Real profiles and a relay of its own process; one device a member. Client time is the
// processor's; relay time is from the submit to its answer; bytes are those of the socket, HTTP/2 and all. Exits with 1
// when what should be flat is not.
import { createServer, connect as dialSocket, type Socket } from "node:net";
import { connector } from "../client/core/connection/connect.ts";
import { syncConversations } from "../client/core/connection/sync.ts";
import { createGroup } from "../client/core/groups/create-group.ts";
import { joinRoom } from "../client/core/groups/join-group.ts";
import { type Connect, drainOutbox } from "../client/core/outbox/drain-outbox.ts";
import { queueMessage } from "../client/core/outbox/send-message.ts";
import type { RelayConnection } from "../client/net/relay-connection.ts";
import { saveSetting } from "../client/store/settings.ts";
import { contentKey, hash, initiate, randomBytes, ready } from "../keys/index.ts";
import { sealWrap } from "../keys/wrap.ts";
import { NOW, testDevice } from "../test/support/devices.ts";
import { type Enrolled, enrol } from "../test/support/enrolled.ts";
import { online } from "../test/support/online.ts";
import { spawnRelay } from "../test/support/relay.ts";

const SIZES = [2, 16, 64, 256];
/** Who send for the first time in a room, and are not known to anybody there. */
const COLD_SENDERS = 3;
const WARM_SENDS = 20;
/** A message of a line. */
const TEXT = "The deploy of the billing service is done, and all of its checks are green again.";
/** The largest room beside the one before it: a quarter more for each member is noise. */
const FLAT = 1.25;
/** Of time, which others on the machine disturb. */
const FLAT_TIME = 1.5;

interface Wire {
  url: string;
  up: number;
  down: number;
  stop(): void;
}

/** Stands between clients and relay and counts bytes. */
async function counter(url: string): Promise<Wire> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  const counted: Wire = {
    url: "",
    up: 0,
    down: 0,
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  const server = createServer((client) => {
    const relay = dialSocket(Number(port), hostname);
    for (const socket of [client, relay]) {
      sockets.add(socket.setNoDelay(true));
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    }
    client.on("data", (bytes) => {
      counted.up += bytes.length;
    });
    relay.on("data", (bytes) => {
      counted.down += bytes.length;
    });
    client.pipe(relay).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  counted.url = `http://127.0.0.1:${address.port}`;
  return counted;
}

interface Cost {
  /** Milliseconds of the processor, in this process. */
  readonly client: number;
  /** Milliseconds between the submit and its answer. */
  readonly relay: number;
  readonly up: number;
}

const relay = await spawnRelay({ sources: true });
const wire = await counter(relay.url);
const people: Enrolled[] = [];
try {
  process.exitCode = await run();
} finally {
  for (const each of people) each.leave();
  wire.stop();
  await relay.stop();
}

async function run(): Promise<number> {
  await ready();
  const started = performance.now();
  for (let at = 0; at < Math.max(...SIZES); at += 1) {
    const someone = await enrol(`person${at}`, relay.url);
    // A receipt for each message would be measured with it.
    saveSetting(someone.profile.db, "receipts", "off");
    people.push(someone);
  }
  const floor = await measureFloor();
  console.log(`${people.length} accounts in ${((performance.now() - started) / 1_000).toFixed(0)} s`);
  console.log(`floor: a session and its first wrap ${micro(floor.cold)} µs, a wrap ${micro(floor.warm)} µs,`);
  console.log(`       a ping ${floor.ping.toFixed(2)} ms, a wrap ${floor.wrapBytes} bytes\n`);
  const rooms: Room[] = [];
  for (const [at, size] of SIZES.entries()) {
    rooms.push(await measureRoom(size, SIZES[at - 1] ?? 0));
    console.error(`room of ${size} after ${((performance.now() - started) / 1_000).toFixed(0)} s`);
  }
  printTable(rooms, floor);
  return verdict(rooms);
}

/** Keeps the channel open, as a client that runs does. */
async function keptOpen<T>({ profile }: Enrolled, work: (connect: Connect) => Promise<T>): Promise<T> {
  const connect = connector(profile, wire.url);
  const connection = await connect();
  try {
    return await work(connect);
  } finally {
    connection.close();
  }
}

function sync(someone: Enrolled) {
  return online(someone, (at) => syncConversations(someone.profile, at));
}

interface Room {
  readonly size: number;
  readonly cold: Cost;
  readonly warm: Cost;
  /** Bytes to one member for each message, and milliseconds of the processor until it is shown. */
  readonly down: number;
  readonly reading: number;
}

async function measureRoom(size: number, before: number): Promise<Room> {
  const members = people.slice(0, size);
  const [owner, ...others] = members;
  const senders = members.slice(before, before + COLD_SENDERS);
  const [sender] = senders;
  const reader = members.at(-1);
  if (owner === undefined || sender === undefined || reader === undefined) throw new Error("an empty room");
  const room = `room${size}`;
  await online(owner, (at) => createGroup(owner.profile, at, { name: room, kind: "room" }));
  for (const each of others) await online(each, (at) => joinRoom(each.profile, at, room));

  const cold: Cost[] = [];
  for (const each of senders) {
    await sync(each);
    cold.push(await keptOpen(each, (connect) => send(each, connect, room)));
  }
  // Everybody confirms the new sessions, and the sender hears it.
  for (const each of members) await sync(each);
  await sync(sender);

  const warm = await keptOpen(sender, async (connect) => {
    await send(sender, connect, room);
    const sends: Cost[] = [];
    await sync(reader);
    for (let count = 0; count < WARM_SENDS; count += 1) sends.push(await send(sender, connect, room));
    return sends;
  });
  const full = await fetch(reader);
  const empty = await fetch(reader);
  return {
    size,
    cold: middle(cold),
    warm: middle(warm),
    down: (full.down - empty.down) / WARM_SENDS,
    reading: (full.client - empty.client) / WARM_SENDS,
  };
}

async function send({ profile }: Enrolled, connect: Connect, room: string): Promise<Cost> {
  let waited = 0;
  const timed: Connect = async () => {
    const connection = await connect();
    const openStream: RelayConnection["openStream"] = async (options) => {
      const stream = await connection.openStream(options);
      const submit = stream.submit.bind(stream);
      stream.submit = async (envelope, wraps) => {
        const start = performance.now();
        const answer = await submit(envelope, wraps);
        waited += performance.now() - start;
        return answer;
      };
      return stream;
    };
    return { ...connection, openStream };
  };
  const { up } = wire;
  const start = process.cpuUsage();
  queueMessage(profile, { to: `#${room}`, text: TEXT });
  await drainOutbox(profile, timed);
  return { client: processor(start), relay: waited, up: wire.up - up };
}

async function fetch({ profile }: Enrolled): Promise<{ client: number; down: number }> {
  const connect = connector(profile, wire.url);
  const { down } = wire;
  const start = process.cpuUsage();
  const connection = await connect();
  await syncConversations(profile, connection);
  connection.close();
  return { client: processor(start), down: wire.down - down };
}

function processor(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000;
}

interface Floor {
  readonly cold: number;
  readonly warm: number;
  readonly ping: number;
  readonly wrapBytes: number;
}

async function measureFloor(): Promise<Floor> {
  const [alice, bob] = [testDevice("alice"), testDevice("bob")];
  const bundle = { signedPrekey: bob.signed.published, kemPrekey: bob.oneTime.published };
  const [key, over] = [contentKey(randomBytes(32)), hash(randomBytes(32))];
  const first = () => {
    const session = initiate({ me: alice.me, peer: bob.peer, bundle, now: NOW, random: randomBytes });
    return sealWrap(session, key, over, randomBytes);
  };
  let { session } = first();
  const wrapIt = () => {
    const sealed = sealWrap({ ...session, setUp: null } as typeof session, key, over, randomBytes);
    ({ session } = sealed);
    return sealed.wrap;
  };
  const [cold, warm] = [each(first, 100), each(wrapIt, 1_000)];
  const [someone] = people;
  if (someone === undefined) throw new Error("nobody");
  const ping = await online(someone, async (at) => {
    const stream = await at.openStream({ live: false, lease: 0n });
    const trips: number[] = [];
    for (let count = 0; count < 50; count += 1) trips.push(await stream.ping());
    await stream.close();
    return median(trips);
  });
  return { cold, warm, ping, wrapBytes: wrapIt().length };
}

function each(work: () => unknown, times: number): number {
  work();
  const start = process.cpuUsage();
  for (let count = 0; count < times; count += 1) work();
  return processor(start) / times;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function middle(costs: readonly Cost[]): Cost {
  const of = (field: keyof Cost) => median(costs.map((cost) => cost[field]));
  return { client: of("client"), relay: of("relay"), up: of("up") };
}

function micro(milliseconds: number): string {
  return (milliseconds * 1_000).toFixed(0);
}

function printTable(rooms: readonly Room[], floor: Floor): void {
  const row = (name: string, cell: (room: Room, others: number) => string): void =>
    console.log(name.padEnd(44) + rooms.map((room) => cell(room, room.size - 1).padStart(12)).join(""));
  row("members", ({ size }) => `${size}`);
  for (const when of ["cold", "warm"] as const) {
    console.log(when === "cold" ? "first send, no sessions yet" : "a later send");
    row("  client ms", (room) => room[when].client.toFixed(1));
    row("  client µs for each other member", (room, others) => micro(room[when].client / others));
    row("    × floor", (room, others) => (room[when].client / others / floor[when]).toFixed(1));
    row("  relay ms", (room) => room[when].relay.toFixed(1));
    row("  relay µs for each other member", (room, others) => micro(room[when].relay / others));
    row("    relay × ping", (room) => (room[when].relay / floor.ping).toFixed(1));
    row("  bytes up", (room) => room[when].up.toFixed(0));
    row("  bytes up for each other member", (room, others) => (room[when].up / others).toFixed(0));
  }
  console.log("one member");
  row("  bytes down a message", ({ down }) => down.toFixed(0));
  row("  client ms a message", ({ reading }) => reading.toFixed(2));
}

/** What grows with the room for each member, of the largest beside the one before. */
function verdict(rooms: readonly Room[]): number {
  const [before, last] = rooms.slice(-2);
  if (before === undefined || last === undefined) return 0;
  const perMember = (of: (room: Room) => number) =>
    of(last) / (last.size - 1) / (of(before) / (before.size - 1));
  const growth: [string, number, number][] = [
    ["client time of a later send, for each member", perMember(({ warm }) => warm.client), FLAT_TIME],
    ["bytes up, for each member", perMember(({ warm }) => warm.up), FLAT],
    ["bytes down to one member", last.down / before.down, FLAT],
    ["relay time, for each member", perMember(({ warm }) => warm.relay), FLAT_TIME],
  ];
  console.log(`\n${last.size} members beside ${before.size}`);
  for (const [name, ratio, limit] of growth) {
    console.log(`  ${name.padEnd(46)}${ratio.toFixed(2).padStart(6)}  limit ${limit}`);
  }
  return growth.every(([, ratio, limit]) => ratio <= limit) ? 0 : 1;
}
