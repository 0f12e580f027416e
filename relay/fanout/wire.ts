// What goes over NATS, as bytes (proto/sotto/relay/bus/v1). Whoever can write there is not trusted: what does not look as
// it should is not taken, and what does costs at worst latency.
import { Buffer } from "node:buffer";
import { create, fromBinary, type MessageInitShape, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  accountId,
  type ConversationId,
  conversationId,
  deviceId,
  fromHex,
  hash,
  MAX_ENVELOPE_BYTES,
  readEphemeralHeader,
  readMembershipEntry,
  toHex,
  validName,
} from "../../keys/public.ts";
import {
  DeviceEventSchema,
  RelaysEventSchema,
  type RowSchema,
} from "../../proto/gen/sotto/relay/bus/v1/bus_pb.ts";
import { StubReason } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { Moved, Registered, Removed } from "./bus.ts";
import { type CommittedRow, type DeviceKey, deviceKey } from "./committed-row.ts";

/** A row that is larger is not sent along: its devices pull it. */
const MAX_ROW_BYTES = 16 * 1024;
/** The same for all devices of a conversation together. */
const MAX_BYTES_OF_ALL = 2 * 1024 * 1024;
const MAX_WRAP_BYTES = 4096;
const ACCOUNT_BYTES = 32;
const DEVICE_BYTES = 48;
const MAX_DEVICES = 10_000;
const WRAP_FIELD = 5;
const stubs = Object.values(StubReason);

/** What one device is told. */
export type DeviceEvent =
  | { readonly kind: "row"; readonly conversationId: ConversationId; readonly row: CommittedRow }
  | { readonly kind: "moved"; readonly conversationId: ConversationId }
  | { readonly kind: "signal"; readonly frame: Uint8Array }
  | { readonly kind: "claim"; readonly lease: bigint };

/** A relay is there. */
interface Beat {
  readonly kind: "beat";
  /** By which the database knows it too. */
  readonly relay: number;
  /** Since the last one it had to leave out something that it should have told. */
  readonly missed: boolean;
}

/** What all relays are told. */
export type RelaysEvent = Moved | Removed | Registered | Beat;

/** How each of the devices is told of a new row: the part that they share is encoded once. */
export function encodeRow(
  { conversationId: id, row }: { readonly conversationId: ConversationId; readonly row: CommittedRow },
  devices: number,
): (device: DeviceKey) => Uint8Array {
  const { sequence, sender, envelope, envelopeHash, wraps, slots } = row;
  const isLarge = envelope.length > MAX_ROW_BYTES || envelope.length * devices > MAX_BYTES_OF_ALL;
  // Nobody can place the first row of a log he has not heard of.
  if (isLarge || sequence === 1n) {
    const moved = deviceEvent({ case: "moved", value: id });
    return () => moved;
  }
  const value = rowMessage(id, row);
  const shared = deviceEvent({ case: "row", value });
  return (device) => {
    if (device === sender) {
      const bare = { ...value, envelope: new Uint8Array(), envelopeHash };
      return deviceEvent({ case: "row", value: bare });
    }
    const slot = slots.get(device);
    const wrap = slot === undefined ? null : wraps[slot];
    if (wrap === null || wrap === undefined || wrap.length === 0) return shared;
    if (wrap.length > MAX_WRAP_BYTES) return deviceEvent({ case: "moved", value: id });
    const own = new BinaryWriter().tag(WRAP_FIELD, WireType.LengthDelimited).bytes(wrap).finish();
    return Buffer.concat([shared, own]);
  };
}

export function encodeSignal(frame: Uint8Array): Uint8Array {
  return deviceEvent({ case: "signal", value: frame });
}

export function encodeClaim(lease: bigint): Uint8Array {
  return deviceEvent({ case: "claim", value: { lease } });
}

export function encodeForRelays(event: RelaysEvent): Uint8Array {
  return toBinary(RelaysEventSchema, create(RelaysEventSchema, { event: relaysEvent(event) }));
}

/** Undefined: it is none that a relay sends. */
export function decodeForDevice(bytes: Uint8Array, device: DeviceKey): DeviceEvent | undefined {
  return taken(() => {
    // A copy: the bytes are a view of the wire buffer, and slow readers keep theirs for a while.
    const { event, wrap } = fromBinary(DeviceEventSchema, Uint8Array.from(bytes));
    if (wrap.length > MAX_WRAP_BYTES) return undefined;
    switch (event.case) {
      case "row": {
        const wraps = wrap.length === 0 ? [] : [[device, wrap] as const];
        const row = readRow(event.value, wraps);
        return row && { kind: "row", conversationId: conversationId(event.value.conversationId), row };
      }
      case "moved":
        return { kind: "moved", conversationId: conversationId(event.value) };
      case "signal":
        readEphemeralHeader(event.value);
        return { kind: "signal", frame: event.value };
      case "claim":
        return { kind: "claim", lease: event.value.lease };
      default:
        return undefined;
    }
  });
}

/** Undefined: it is none that a relay sends. */
export function decodeForRelays(bytes: Uint8Array): RelaysEvent | undefined {
  return taken(() => {
    const { event } = fromBinary(RelaysEventSchema, Uint8Array.from(bytes));
    switch (event.case) {
      case "moved": {
        const { devices, row: given } = event.value;
        if (devices.length % DEVICE_BYTES !== 0 || devices.length > DEVICE_BYTES * MAX_DEVICES)
          return undefined;
        const id = conversationId(event.value.conversationId);
        const moved = { kind: "moved", conversationId: id, devices: readDevices(devices) } as const;
        if (given === undefined) return moved;
        const row = readRow(given, []);
        const fits = row?.entry !== undefined && toHex(given.conversationId) === toHex(id);
        return fits ? { ...moved, row } : undefined;
      }
      case "removed": {
        const { disabled } = event.value;
        const removed = {
          accountId: accountId(event.value.accountId),
          deviceId: deviceId(event.value.deviceId),
        };
        return { kind: "removed", ...removed, ...(disabled && { disabled: true }) };
      }
      case "registered": {
        const { name, registeredAt } = event.value;
        if (!validName(name)) return undefined;
        return { kind: "registered", accountId: accountId(event.value.accountId), name, registeredAt };
      }
      case "beat":
        return { kind: "beat", relay: event.value.relay, missed: event.value.missed };
      default:
        return undefined;
    }
  });
}

function deviceEvent(event: NonNullable<MessageInitShape<typeof DeviceEventSchema>["event"]>): Uint8Array {
  return toBinary(DeviceEventSchema, create(DeviceEventSchema, { event }));
}

function relaysEvent(event: RelaysEvent): NonNullable<MessageInitShape<typeof RelaysEventSchema>["event"]> {
  switch (event.kind) {
    case "moved": {
      const { conversationId: id, row } = event;
      const devices = fromHex(event.devices.join(""));
      return {
        case: "moved",
        value: { conversationId: id, devices, ...(row && { row: rowMessage(id, row) }) },
      };
    }
    case "removed":
      return {
        case: "removed",
        value: {
          accountId: event.accountId,
          deviceId: event.deviceId,
          disabled: event.disabled === true,
        },
      };
    case "registered": {
      const { accountId: id, name, registeredAt } = event;
      return { case: "registered", value: { accountId: id, name, registeredAt } };
    }
    case "beat":
      return { case: "beat", value: { relay: event.relay, missed: event.missed } };
  }
}

/** As the devices get it that did not send it. */
function rowMessage(id: ConversationId, row: CommittedRow): MessageInitShape<typeof RowSchema> {
  const { sequence, rowHash, envelope, envelopeHash, stub, storedAt, entry } = row;
  return {
    conversationId: id,
    sequence,
    rowHash,
    envelope,
    storedAt,
    ...(envelope.length === 0 && { envelopeHash }),
    ...(stub && { stub }),
    ...(entry && { entry }),
  };
}

function readRow(
  message: MessageShape<typeof RowSchema>,
  wraps: readonly (readonly [DeviceKey, Uint8Array])[],
): CommittedRow | undefined {
  const { sequence, envelope, envelopeHash, stub, storedAt, entry } = message;
  if (sequence < 1n || sequence > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  const parts = [envelope, envelopeHash, entry].filter((part) => part.length > 0);
  if (parts.length !== 1 || envelope.length > MAX_ENVELOPE_BYTES) return undefined;
  const isStub = stub !== StubReason.UNSPECIFIED;
  if (isStub && (!(stubs as readonly number[]).includes(stub) || envelopeHash.length === 0)) return undefined;
  if (envelopeHash.length > 0) hash(envelopeHash);
  if (entry.length > 0) readMembershipEntry(entry);
  return {
    sequence,
    rowHash: hash(message.rowHash),
    // Nobody here: what its sender gets was made where it is known who that is.
    sender: "",
    envelope,
    envelopeHash,
    storedAt,
    wraps: wraps.map(([, wrap]) => wrap),
    slots: new Map(wraps.map(([device], slot) => [device, slot])),
    ...(isStub && { stub }),
    ...(entry.length > 0 && { entry }),
  };
}

function readDevices(packed: Uint8Array): DeviceKey[] {
  const keys: DeviceKey[] = [];
  for (let at = 0; at < packed.length; at += DEVICE_BYTES) {
    const account = packed.subarray(at, at + ACCOUNT_BYTES);
    const device = packed.subarray(at + ACCOUNT_BYTES, at + DEVICE_BYTES);
    keys.push(deviceKey(accountId(account), deviceId(device)));
  }
  return keys;
}

/** What reads bytes throws where they are malformed. */
function taken<Event>(read: () => Event | undefined): Event | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
