// The process of bare-relay.ts. Tells its parent its port, and ends with it.
import { Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { readEnvelopeHeader, toHex, unpackWraps } from "../../keys/public.ts";
import {
  type ConnectRequest,
  MessagingService,
  StubReason,
  type Submit,
} from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { serviceDefinition } from "../../proto/grpc.ts";
import { byteaArray, int8Array } from "../../relay/db/binary-arrays.ts";
import { Database } from "../../relay/db/pool.ts";
import {
  type EncodedDelivery,
  encodeFrame,
  encodeRow,
  type TaggedAcceptance,
} from "../../relay/messaging/frames.ts";
import { MAX_BATCH } from "../../relay/messaging/limits.ts";
import { prepareTls } from "../../relay/tls.ts";
import type { BareSetup } from "./bare-relay.ts";
import { insertBareRows, makeBareTable } from "./bare-rows.ts";

const HASH = Buffer.alloc(32);
const NOTHING = Buffer.alloc(0);

class Member {
  readonly conversation: Conversation;
  stream: ServerDuplexStream<ConnectRequest, Buffer> | undefined;
  #accepted: TaggedAcceptance[] = [];
  #deliveries: EncodedDelivery[] = [];

  constructor(conversation: Conversation) {
    this.conversation = conversation;
    conversation.members.push(this);
  }

  accept(acceptance: TaggedAcceptance): void {
    this.#accepted.push(acceptance);
  }

  deliver(delivery: EncodedDelivery): void {
    this.#deliveries.push(delivery);
  }

  flush(): void {
    this.stream?.write(encodeFrame(undefined, this.#accepted, this.#deliveries));
    this.#accepted = [];
    this.#deliveries = [];
  }
}

class Conversation {
  readonly id: Uint8Array;
  readonly members: Member[] = [];
  head = 0n;

  constructor(id: Uint8Array) {
    this.id = id;
  }
}

interface Waiting {
  readonly from: Member;
  readonly submit: Submit;
}

const queue: Waiting[] = [];
let running = false;

async function store(database: Database): Promise<void> {
  while (queue.length > 0) {
    const batch = queue.splice(0, MAX_BATCH);
    const now = Date.now();
    const rows = batch.map(({ from, submit }) => {
      from.conversation.head += 1n;
      const { head: sequence } = from.conversation;
      return { from, submit, sequence, header: readEnvelopeHeader(submit.envelope) };
    });
    const hashes = byteaArray(rows.map(() => HASH));
    await insertBareRows(database, {
      conversationIds: byteaArray(rows.map(({ from }) => from.conversation.id)),
      sequences: int8Array(rows.map(({ sequence }) => sequence)),
      messageIds: byteaArray(rows.map(({ header }) => header.messageId)),
      senders: byteaArray(rows.map(({ header }) => header.sender)),
      senderDevices: byteaArray(rows.map(({ header }) => header.senderDevice)),
      ...{ envelopeHashes: hashes, rowHashes: hashes, logHashes: hashes },
      rosterVersions: int8Array(rows.map(() => 1)),
      storedAt: int8Array(rows.map(() => now)),
      expiresAt: int8Array(rows.map(() => 0)),
      envelopes: byteaArray(rows.map(({ submit }) => submit.envelope)),
      wraps: byteaArray(rows.map(({ submit }) => submit.wraps)),
    });
    tell(rows, BigInt(now));
  }
}

/** A frame each: to the sender that it is stored, and the row to both. */
function tell(rows: readonly (Waiting & { readonly sequence: bigint })[], storedAt: bigint): void {
  const concerned = new Set<Member>();
  for (const { from, submit, sequence } of rows) {
    const { conversation } = from;
    from.accept({ tag: submit.tag, sequence, logHash: HASH, storedAt, rosterVersion: 1n });
    const row = { conversationId: conversation.id, sequence, rowHash: HASH, storedAt, entry: NOTHING };
    const wrap = unpackWraps(submit.wraps).find((slice) => slice !== null) ?? NOTHING;
    for (const member of conversation.members) {
      concerned.add(member);
      const own = member === from;
      const envelope = own ? NOTHING : submit.envelope;
      const envelopeHash = own ? HASH : NOTHING;
      const encoded = encodeRow({ ...row, envelope, envelopeHash, stub: StubReason.UNSPECIFIED });
      member.deliver({ row: encoded, wrap: own ? NOTHING : wrap });
    }
  }
  for (const member of concerned) member.flush();
}

function serve(database: Database, members: ReadonlyMap<string, Member>): Server {
  const server = new Server({ "grpc.max_concurrent_streams": 256, "grpc.enable_channelz": 0 });
  server.addService(serviceDefinition(MessagingService), {
    connect: (stream: ServerDuplexStream<ConnectRequest, Buffer>) => {
      const [authorization] = stream.metadata.get("authorization");
      const from = members.get(String(authorization).replace("Bearer ", ""));
      if (from === undefined) throw new Error("a stranger");
      from.stream = stream;
      stream.on("data", ({ frame }: ConnectRequest) => {
        if (frame.case === "hello") stream.write(encodeFrame({ welcome: {} }, [], []));
        if (frame.case !== "submit") return;
        queue.push({ from, submit: frame.value });
        if (running) return;
        running = true;
        setImmediate(() => void store(database).finally(() => (running = false)));
      });
      stream.on("error", () => undefined);
      stream.on("end", () => stream.end());
    },
  });
  return server;
}

process.on("disconnect", () => process.exit(0));
process.once("message", async ({ databaseUrl, devices, tlsFolder }: BareSetup) => {
  const database = new Database({
    connection: { connectionString: databaseUrl },
    size: 1,
    onError: (error) => console.error(error),
  });
  await makeBareTable(database);
  const conversations = new Map<string, Conversation>();
  const members = new Map<string, Member>();
  for (const { token, conversationId } of devices) {
    const key = toHex(conversationId);
    const conversation = conversations.get(key) ?? new Conversation(conversationId);
    conversations.set(key, conversation);
    members.set(token, new Member(conversation));
  }
  const credentials =
    tlsFolder === undefined
      ? ServerCredentials.createInsecure()
      : (await prepareTls("self-signed", tlsFolder, Date.now())).credentials;
  serve(database, members).bindAsync("127.0.0.1:0", credentials, (error, port) => {
    if (error !== null) throw error;
    process.send?.(port);
  });
});
