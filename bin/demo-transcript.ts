// Two people and a relay in a temporary folder and in one process, so that nothing is left behind, whatever happens.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connect } from "../client/core/outbox/drain-outbox.ts";
import type { Profile } from "../client/core/profile.ts";
import type { Relay } from "../relay/start-relay.ts";
import { inOrder } from "./demo-ending.ts";
import { randomPassword } from "./random-password.ts";

type Undo = (step: () => unknown) => void;

export function transcript(): Promise<number> {
  return inOrder(async ({ orEnd, undo }) => {
    const folder = await mkdtemp(join(tmpdir(), "sotto-demo-"));
    undo(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    await orEnd(play(folder, undo));
    return 0;
  });
}

async function play(folder: string, undo: Undo): Promise<void> {
  say("A first conversation, played in a temporary folder. At a terminal you take");
  say("part in it yourself.", "");
  const relay = await startRelay(folder, undo);
  const alice = await makeAccount(relay, folder, "alice", undo);
  const bob = await makeAccount(relay, folder, "bob", undo);

  await send(alice, "bob", "Lunch at one? The usual place.");
  await read(bob, "alice");
  await send(bob, "alice", "Yes. Bring the keys.");
  await read(alice, "bob");
  await showStored(relay, ["Lunch", "keys"]);
  say("Everything that was made here is deleted now.");
}

async function startRelay(folder: string, undo: Undo): Promise<Relay> {
  const [{ readConfig }, { startRelay: start }] = await Promise.all([
    import("../relay/config.ts"),
    import("../relay/start-relay.ts"),
  ]);
  say("$ chat relay");
  const config = readConfig(["--listen", "127.0.0.1:0", "--data", join(folder, "relay")], {});
  if (config === undefined) throw new Error("no configuration");
  const ignore = (): void => undefined;
  const relay = await start(config, { log: { debug: ignore, info: ignore, warn: ignore, error: ignore } });
  undo(() => relay.stop());
  say(`relay ready on ${relay.url}`, "");
  return relay;
}

interface Somebody {
  readonly profile: Profile;
  readonly connect: Connect;
}

async function makeAccount(relay: Relay, folder: string, name: string, undo: Undo): Promise<Somebody> {
  const client = await import("../client/cli/demo-door.ts");
  say(`$ chat register ${name}`);
  const paths = client.profilePaths({ CHAT_HOME: join(folder, name) }, "default");
  const nobodyToAsk = async (): Promise<undefined> => undefined;
  const profile = await client.register({
    name,
    password: randomPassword(),
    relay: client.chooseRelay(relay.url),
    paths,
    readKey: () => client.readKey(paths, nobodyToAsk),
    createKey: () => client.createKey(paths, {}, nobodyToAsk),
    words: {
      keep: () => undefined,
      discard: () => undefined,
      handOver: async (words) => {
        const shown = words.slice(0, 3).join(" ");
        say(`The way back in: 24 recovery words, shown once: ${shown} … (the other 21 are not shown here)`);
      },
    },
  });
  undo(() => profile.db.close());
  say(`You are ${name} on ${relay.url}.`, "");
  return { profile, connect: client.connector(profile) };
}

async function send({ profile, connect }: Somebody, to: string, text: string): Promise<void> {
  const client = await import("../client/cli/demo-door.ts");
  say(`${profile.identity.name} $ chat send ${to} "${text}"`);
  const { position } = client.queueMessage(profile, { to, text });
  await client.waitForMessage(profile, position, { connect, timeout: 30_000 });
  say(`Sent to ${to}.`, "");
}

async function read({ profile, connect }: Somebody, from: string): Promise<void> {
  const client = await import("../client/cli/demo-door.ts");
  say(`${profile.identity.name} $ chat read ${from}`);
  const connection = await connect();
  await client.syncConversations(profile, connection).finally(() => connection.close());
  const messages = client.readMessages(profile, { conversation: from, limit: 10 });
  const output = new client.Output({ json: false, quiet: false, color: true });
  const shown = new client.Transcript(output, profile.identity.name, {
    manyConversations: false,
    now: () => new Date(),
  });
  shown.fit(messages);
  for (const message of messages) shown.print(message);
  say("");
}

/** A row of the relay's log as it lies in its database. */
async function showStored({ database }: Relay, words: readonly string[]): Promise<void> {
  const { rows } = await database.query<{ envelope: Buffer; wraps: Buffer }>(
    "select envelope, wraps from log order by stored_at, sequence",
  );
  const [first] = rows;
  if (first === undefined) throw new Error("the relay has stored nothing");
  say(
    `What the relay has of the first message: ${first.envelope.length} bytes of envelope, which begin with`,
  );
  for (let at = 0; at < 128; at += 32) say(`    ${first.envelope.subarray(at, at + 32).toString("hex")}`);
  say(`and ${first.wraps.length} bytes with its key, wrapped for each device that may read it.`);
  for (const word of words) {
    const found = rows.filter((row) => row.envelope.includes(word) || row.wraps.includes(word)).length;
    say(`Rows of the relay with the word "${word}" in them: ${found} of ${rows.length}.`);
    if (found > 0) throw new Error("the relay has stored a word in the clear");
  }
  say("");
}

function say(...lines: string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
