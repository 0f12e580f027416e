import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Connect } from "../client/core/outbox/drain-outbox.ts";
import type { Profile } from "../client/core/profile.ts";
import { randomPassword } from "./random-password.ts";

const NAMES = ["echo", "echo2", "echo3", "echo4", "echo5"];
const GREETING = "Hello! Write something, and I say it back.";
const noPassphrase = async (): Promise<undefined> => undefined;

export interface EchoFriend {
  readonly name: string;
  /** Writes first, once: somebody who has just come finds a conversation. */
  greet(name: string): Promise<void>;
  /** Answers until the signal aborts. Rejects with what waiting cannot mend. */
  listen(signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Somebody to talk to: an account of its own, in a home of its own, on the same relay. */
export async function echoFriend(home: string, relayUrl: string): Promise<EchoFriend> {
  const client = await import("../client/cli/demo-door.ts");
  const environment = { CHAT_HOME: join(home, "demo") };
  const paths = client.profilePaths(environment, "echo");
  const passwordFile = join(paths.folder, "password");
  let profile: Profile;
  if (existsSync(passwordFile)) {
    profile = await client.unlockProfile(paths, noPassphrase);
    await logInIfNeeded(profile, readFileSync(passwordFile, "utf8"), relayUrl);
  } else {
    profile = await register(environment, relayUrl, passwordFile);
  }
  // It is there for whoever comes.
  client.changeSetting(profile, "requests", "off");
  const connect = client.connector(profile, relayUrl);
  return {
    name: profile.identity.name,
    greet: async (name) => {
      client.queueMessage(profile, { to: name, text: GREETING, key: `greeting-${name}` });
      await client.drainOutbox(profile, connect);
    },
    listen: (signal) => listen(profile, connect, signal),
    close: () => profile.db.close(),
  };
}

async function register(
  environment: { CHAT_HOME: string },
  relayUrl: string,
  passwordFile: string,
): Promise<Profile> {
  const client = await import("../client/cli/demo-door.ts");
  const paths = client.profilePaths(environment, "echo");
  const password = randomPassword();
  for (const name of NAMES) {
    try {
      const profile = await client.register({
        name,
        password,
        relay: client.chooseRelay(relayUrl),
        paths,
        readKey: () => client.readKey(paths, noPassphrase),
        createKey: () => client.createKey(paths, {}, noPassphrase),
        // Nobody needs this account again if its files are lost.
        words: { keep: () => undefined, discard: () => undefined, handOver: async () => undefined },
      });
      writeFileSync(passwordFile, password, { mode: 0o600 });
      return profile;
    } catch (error) {
      if (codeOf(error) !== "name_taken") throw error;
    }
  }
  throw new Error("every name for the echo friend is taken");
}

/** Weeks may have passed since the last demo. */
async function logInIfNeeded(profile: Profile, password: string, relayUrl: string): Promise<void> {
  const client = await import("../client/cli/demo-door.ts");
  const connection = await client.connector(profile, relayUrl)();
  try {
    await connection.countPrekeys();
  } catch {
    await client.renewLogin(profile, password, relayUrl);
  } finally {
    connection.close();
  }
}

async function listen(profile: Profile, connect: Connect, signal: AbortSignal): Promise<void> {
  const client = await import("../client/cli/demo-door.ts");
  const answer = async (): Promise<void> => {
    for await (const { id, conversation, text } of client.watchMessages(profile, {
      othersOnly: true,
      signal,
    })) {
      // The key makes an answer that was given before a crash be given once.
      client.queueMessage(profile, { to: conversation, text: answerTo(text), key: `answer-${id}` });
      await client.drainOutbox(profile, connect).catch(() => undefined);
    }
  };
  await Promise.all([client.followRelay(profile, connect, { signal }), answer()]);
}

function answerTo(text: string): string {
  return text.length > 1_000 ? "You had a lot to say!" : `You said: ${text}`;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
