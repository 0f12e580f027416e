// Rooms in which one writes and all others read: deliveries, each with its own wrap.
import { MessagingService } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { callUnary } from "../../proto/grpc.ts";
import type { TestDevice } from "../../test/support/bare-relay.ts";
import { creation, join, TestGroup } from "../../test/support/group.ts";
import { deviceBy, Installation, logBy, type Someone } from "./installation.ts";
import type { DeviceSetup } from "./load-protocol.ts";
import type { Result } from "./results.ts";
import { OWN_WINDOW, type Settings, SHARED_CONNECTIONS, SHARED_WINDOW } from "./settings.ts";
import { resultOf, stretch } from "./throughput.ts";

const IN_FLIGHT = 8;
const SHARED_LIMIT = 60_000;
const OWN_LIMIT = 25_000;

export async function* groups(settings: Settings): AsyncGenerator<Result> {
  for (const connections of ["shared", "own"] as const) {
    for (const [count, size] of [
      [4, 50],
      [1, 200],
    ] as const) {
      yield await measure(settings, { count, size, connections });
    }
  }
}

interface Rooms {
  readonly count: number;
  readonly size: number;
  readonly connections: "shared" | "own";
}

async function measure(settings: Settings, { count, size, connections }: Rooms): Promise<Result> {
  const own = connections === "own";
  const how = own ? "a connection and TLS each" : `${SHARED_CONNECTIONS} shared connections`;
  const installation = await Installation.start(settings, { tls: own });
  try {
    const { load, relay } = installation;
    const people = await installation.people(count * size);
    const devices: DeviceSetup[] = [];
    for (let at = 0; at < count; at += 1) {
      const members = people.slice(at * size, (at + 1) * size);
      devices.push(...(await openRoom(installation, `bench-${at}`, members)));
    }
    const [shared, window] = own ? [0, OWN_WINDOW] : [SHARED_CONNECTIONS, SHARED_WINDOW];
    await load.ask("open", { urls: [relay.url], devices, connections: shared, window });
    await load.ask("prime");
    const run = await stretch(installation, { inFlight: IN_FLIGHT }, settings.seconds);
    await load.ask("close");
    return resultOf(`${count} × ${size} members, one of each sends, ${how}`, run, {
      roundTrips: settings.floors?.[connections],
      rows: settings.floors?.rows,
      rate: own ? OWN_LIMIT : SHARED_LIMIT,
    });
  } finally {
    await installation.end();
  }
}

/** By entries that each member signs, as clients make it. The first member alone writes. */
export async function openRoom(
  { client }: Installation,
  name: string,
  members: readonly Someone[],
): Promise<DeviceSetup[]> {
  const [owner, ...others] = members.map(({ account, accountId, metadata }) => {
    const { device: keys, chain } = account;
    return { person: { accountId, chain }, keys, client, metadata } as unknown as TestDevice;
  });
  const [writer] = members;
  if (owner === undefined || writer === undefined) throw new Error("an empty room");
  const room = await TestGroup.create(owner, creation(name));
  for (const each of others) await room.append(each, join);
  const wanted = { conversationId: room.id, version: 0n };
  const { roster } = await callUnary(client, MessagingService.method.getRoster, wanted, writer.metadata);
  if (roster === undefined || roster.devices.length !== members.length) throw new Error("not all are in");
  const last = room.entries.length;
  const { conversationId, message } = logBy(writer, roster);
  return members.map((each) => ({
    ...deviceBy(each),
    logs: [{ conversationId, last, ...(each === writer && message && { message }) }],
  }));
}
