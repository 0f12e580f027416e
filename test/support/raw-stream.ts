// The stream of Connect as a client sees it that does nothing by itself: every frame is the test's own doing.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { ClientDuplexStream, Metadata, ServiceError } from "@grpc/grpc-js";
import { encodeEnvelopeHeader } from "../../keys/envelope-header.ts";
import { conversationId, hash, messageId, packWraps, randomBytes, toHex } from "../../keys/index.ts";
import { ErrorReason } from "../../proto/gen/sotto/relay/v1/errors_pb.ts";
import {
  type Accepted,
  type ConnectRequest,
  ConnectRequestSchema,
  type ConnectResponse,
  type Conversation,
  type Delivery,
  MessagingService,
  type OpenDirectResponse,
  type Pulled,
  type Refused,
  type Roster,
  type Welcome,
} from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { callUnary, openStream } from "../../proto/grpc.ts";
import { nth, type Person, type TestDevice } from "./bare-relay.ts";
import { reasonIn } from "./member.ts";

export type RequestFrame = NonNullable<MessageInitShape<typeof ConnectRequestSchema>["frame"]>;

export interface Opened {
  readonly conversation: Conversation;
  readonly roster: Roster;
}

export async function openDirect(device: TestDevice, person: Pick<Person, "accountId">): Promise<Opened> {
  const request = { accountId: person.accountId };
  const answer = await callUnary(device.client, MessagingService.method.openDirect, request, device.metadata);
  return whole(answer);
}

function whole({ conversation, roster }: OpenDirectResponse): Opened {
  if (conversation === undefined || roster === undefined) throw new Error("half an answer");
  return { conversation, roster };
}

export async function rosterOf(device: TestDevice, id: Uint8Array, version = 0n): Promise<Roster> {
  const request = { conversationId: id, version };
  const { roster } = await callUnary(
    device.client,
    MessagingService.method.getRoster,
    request,
    device.metadata,
  );
  if (roster === undefined) throw new Error("no roster");
  return roster;
}

export interface SealOptions {
  readonly messageId?: Uint8Array;
  readonly body?: Uint8Array;
  readonly expiresAt?: number;
  readonly rosterHash?: Uint8Array;
}

/** The form of an envelope, filled with noise: that is all a relay can see. */
export function envelopeBy(device: TestDevice, roster: Roster, options: SealOptions = {}): Uint8Array {
  const header = encodeEnvelopeHeader({
    conversation: conversationId(roster.conversationId),
    messageId: messageId(options.messageId ?? randomBytes(16)),
    attempt: 0,
    sender: device.person.accountId,
    senderDevice: device.keys.deviceId,
    rosterVersion: Number(roster.version),
    rosterHash: hash(options.rosterHash ?? roster.hash),
    expiresAt: options.expiresAt ?? 0,
    nonce: randomBytes(24),
  });
  return Buffer.concat([header, options.body ?? randomBytes(32 + 256 + 16)]);
}

/** What the wrap for a device says, so that a test can tell whose it is. */
export function wrapFor(deviceId: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from("wrap for "), deviceId]);
}

export function wrapsBy(device: TestDevice, roster: Roster): Uint8Array {
  const own = toHex(device.keys.deviceId);
  return packWraps(
    roster.devices.map(({ deviceId }) => (toHex(deviceId) === own ? null : wrapFor(deviceId))),
  );
}

/** Why a stream ended: the reason, "gRPC CODE" without one, "OK" for a good end. */
export type Ending = string;

export interface StreamOptions {
  readonly live?: boolean;
  readonly lease?: bigint;
}

export class RawStream {
  readonly frames: ConnectResponse[] = [];
  readonly ended: Promise<Ending>;
  readonly call: ClientDuplexStream<ConnectRequest, ConnectResponse>;
  #listeners: (() => void)[] = [];
  #ending: Ending | undefined;
  #tag = 0n;

  constructor(device: Pick<TestDevice, "client" | "metadata">, metadata: Metadata = device.metadata) {
    this.call = openStream(device.client, MessagingService.method.connect, metadata);
    this.call.on("data", (frame) => {
      this.frames.push(frame);
      this.#changed();
    });
    this.ended = new Promise((resolve) => {
      const end = (ending: Ending): void => {
        this.#ending ??= ending;
        resolve(this.#ending);
        this.#changed();
      };
      this.call.on("error", (error: ServiceError) => end(reasonIn(error)));
      this.call.on("end", () => setImmediate(() => end("OK")));
    });
  }

  /** Says Hello and waits for Welcome. */
  static async open(
    device: TestDevice,
    { live = false, lease = 1n }: StreamOptions = {},
  ): Promise<RawStream> {
    const stream = new RawStream(device);
    stream.send({ case: "hello", value: { live, lease } });
    await stream.until(() => stream.welcome !== undefined);
    return stream;
  }

  send(frame: RequestFrame): void {
    this.call.write(create(ConnectRequestSchema, { frame }));
  }

  get welcome(): Welcome | undefined {
    return this.frames.find(({ welcome }) => welcome !== undefined)?.welcome;
  }

  get deliveries(): Delivery[] {
    return this.frames.flatMap(({ deliveries }) => deliveries);
  }

  get heads(): Conversation[] {
    return this.frames.flatMap(({ heads }) => heads);
  }

  get pulled(): Pulled[] {
    return this.frames.flatMap(({ pulled }) => pulled);
  }

  /** Resolves when `test` holds; rejects when the stream ends before. */
  async until(test: () => boolean, what = "what was waited for"): Promise<void> {
    const deadline = Date.now() + 10_000;
    while (!test()) {
      if (this.#ending !== undefined) throw new Error(`the stream ended (${this.#ending}) before ${what}`);
      if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 200);
        this.#listeners.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** The sequence number, or the reason of the refusal. */
  async submit(envelope: Uint8Array, wraps: Uint8Array): Promise<bigint | string> {
    const answer = await this.submitted(envelope, wraps);
    if (answer.$typeName === "sotto.relay.v1.Accepted") return answer.sequence;
    return reasonName(answer.reason);
  }

  async submitted(envelope: Uint8Array, wraps: Uint8Array): Promise<Accepted | Refused> {
    this.#tag += 1n;
    const tag = this.#tag;
    const from = this.frames.length;
    this.send({ case: "submit", value: { tag, envelope, wraps } });
    let answer: Accepted | Refused | undefined;
    let seen = from;
    await this.until(() => {
      for (; seen < this.frames.length && answer === undefined; seen++) {
        const frame = nth(this.frames, seen);
        answer = [...frame.accepted, ...frame.refused].find((one) => one.tag === tag);
      }
      return answer !== undefined;
    }, `the answer to submit ${tag}`);
    if (answer === undefined) throw new Error("no answer");
    return answer;
  }

  /** The rows of one answer. */
  async pull(id: Uint8Array, after: bigint, limit = 0): Promise<{ rows: Delivery[]; pulled: Pulled }> {
    const from = this.frames.length;
    this.send({ case: "pull", value: { conversationId: id, after, limit } });
    await this.until(() => this.frames.slice(from).some(({ pulled }) => pulled.length > 0), "a page");
    const frame = this.frames.slice(from).find(({ pulled }) => pulled.length > 0);
    const pulled = frame?.pulled[0];
    if (frame === undefined || pulled === undefined) throw new Error("no page");
    const rows = frame.deliveries.filter(
      ({ conversationId, sequence }) =>
        toHex(conversationId) === toHex(id) && sequence > after && sequence <= pulled.through,
    );
    return { rows, pulled };
  }

  async pullAll(id: Uint8Array, after = 0n, limit = 0): Promise<Delivery[]> {
    const all: Delivery[] = [];
    for (let have = after; ; ) {
      const { rows, pulled } = await this.pull(id, have, limit);
      all.push(...rows);
      if (pulled.through >= pulled.head) return all;
      have = pulled.through;
    }
  }

  acknowledge(id: Uint8Array, sequence: bigint): void {
    this.send({ case: "acknowledge", value: { cursors: [{ conversationId: id, sequence }] } });
  }

  /** A round trip: what was sent before has been handled. */
  async ping(nonce = 7n): Promise<void> {
    const from = this.frames.length;
    this.send({ case: "ping", value: { nonce } });
    await this.until(() => this.frames.slice(from).some(({ pong }) => pong?.nonce === nonce), "Pong");
  }

  /** Ends our side, and waits for the relay to end its. */
  finish(): Promise<Ending> {
    this.call.end();
    return this.ended;
  }

  #changed(): void {
    for (const listen of this.#listeners.splice(0)) listen();
  }
}

function reasonName(reason: ErrorReason): string {
  const name = Object.entries(ErrorReason).find(([, value]) => value === reason)?.[0];
  return name?.toLowerCase() ?? String(reason);
}
