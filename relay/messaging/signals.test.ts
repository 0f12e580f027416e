import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeEphemeralHeader } from "../../keys/ephemeral-header.ts";
import { conversationId, randomBytes } from "../../keys/index.ts";
import {
  append,
  type BareRelay,
  nth,
  type Person,
  revocation,
  startBareRelay,
  type TestDevice,
} from "../../test/support/bare-relay.ts";
import { openDirect, RawStream } from "../../test/support/raw-stream.ts";

let relay: BareRelay;
let alice: Person;
let bob: Person;
let carol: Person;
let a: TestDevice;
let b: TestDevice;
let id: Uint8Array;

beforeAll(async () => {
  relay = await startBareRelay();
  alice = await relay.person("alice", 2);
  bob = await relay.person("bob");
  carol = await relay.person("carol");
  a = nth(alice.devices, 0);
  b = nth(bob.devices, 0);
  id = (await openDirect(a, bob)).conversation.conversationId;
});

afterAll(() => relay.stop());

function frameBy(device: TestDevice, length = 400): Uint8Array {
  const header = encodeEphemeralHeader({
    conversation: conversationId(id),
    sender: device.person.accountId,
    senderDevice: device.keys.deviceId,
    nonce: randomBytes(24),
  });
  return new Uint8Array(Buffer.concat([header, randomBytes(length - header.length)]));
}

function say(stream: RawStream, frame: Uint8Array): void {
  stream.send({ case: "signal", value: { frame } });
}

const signalsOf = (stream: RawStream) =>
  stream.frames.flatMap(({ signals }) => signals.map(({ frame }) => Buffer.from(frame).toString("hex")));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

test("a signal reaches the other live devices of the conversation as it is, and nobody else", async () => {
  const sender = await RawStream.open(a, { live: true });
  const other = await RawStream.open(nth(alice.devices, 1), { live: true });
  const reader = await RawStream.open(b, { live: true });
  const quiet = await RawStream.open(b);
  const stranger = await RawStream.open(nth(carol.devices, 0), { live: true });
  const frame = frameBy(a);
  say(sender, frame);
  await reader.until(() => signalsOf(reader).length > 0);
  await other.until(() => signalsOf(other).length > 0);
  for (const stream of [sender, quiet, stranger]) await stream.ping();
  expect([sender, other, reader, quiet, stranger].map(signalsOf)).toEqual([
    [],
    [hex(frame)],
    [hex(frame)],
    [],
    [],
  ]);
  for (const stream of [sender, other, reader, quiet, stranger]) await stream.finish();
});

test("what is malformed, too long, another's, or of a stranger is dropped, and the stream goes on", async () => {
  const sender = await RawStream.open(a);
  const stranger = await RawStream.open(nth(carol.devices, 0));
  const reader = await RawStream.open(b, { live: true });
  say(sender, randomBytes(400));
  say(sender, frameBy(a, 4_097));
  say(sender, frameBy(b));
  say(stranger, frameBy(nth(carol.devices, 0)));
  await sender.ping();
  await stranger.ping();
  const good = frameBy(a, 4_096);
  say(sender, good);
  await reader.until(() => signalsOf(reader).length > 0);
  expect(signalsOf(reader)).toEqual([hex(good)]);
  for (const stream of [sender, stranger, reader]) await stream.finish();
});

test("of more than twenty a second the rest are dropped", async () => {
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const sender = await RawStream.open(a);
  const reader = await RawStream.open(b, { live: true });
  for (let index = 0; index < 60; index++) {
    say(sender, frameBy(a));
    if (index % 5 === 4) await sender.ping();
  }
  await reader.ping();
  expect(signalsOf(reader).length).toBeGreaterThan(0);
  expect(signalsOf(reader).length).toBeLessThanOrEqual(40);
  await sender.finish();
  await reader.finish();
});

test("a device that was revoked hears no more, whoever was heard before", async () => {
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const laptop = await relay.addDevice(bob);
  const sender = await RawStream.open(a);
  const gone = await RawStream.open(laptop, { live: true });
  const reader = await RawStream.open(b, { live: true });
  say(sender, frameBy(a));
  await gone.until(() => signalsOf(gone).length === 1);
  await append(bob, revocation(bob, laptop.keys));
  expect(await gone.ended).toBe("unknown_device");
  const last = frameBy(a);
  say(sender, last);
  await reader.until(() => signalsOf(reader).includes(hex(last)));
  expect(signalsOf(gone)).not.toContain(hex(last));
  await sender.finish();
  await reader.finish();
});
