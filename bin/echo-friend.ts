import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Connect } from "../client/core/drain-outbox.ts";
import type { Profile } from "../client/core/profile.ts";
import { randomPassword } from "./random-password.ts";

const NAMES = ["echo", "echo2", "echo3", "echo4", "echo5"];
const noPassphrase = async (): Promise<undefined> => undefined;

export interface EchoFriend {
  readonly name: string;
  /** Answers until the signal aborts. Rejects with what waiting cannot mend. */
  listen(signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Somebody to talk to: an account of its own, in a home of its own, on the same relay. */
export async function echoFriend(home: string, relayUrl: string): Promise<EchoFriend> {
  const [{ profilePaths }, { unlockProfile }, { connector }] = await Promise.all([
    import("../client/core/paths.ts"),
    import("../client/core/unlock-profile.ts"),
    import("../client/core/connect.ts"),
  ]);
  const environment = { CHAT_HOME: join(home, "demo") };
  const paths = profilePaths(environment, "echo");
  const passwordFile = join(paths.folder, "password");
  let profile: Profile;
  if (existsSync(passwordFile)) {
    profile = await unlockProfile(paths, noPassphrase);
    await logInIfNeeded(profile, readFileSync(passwordFile, "utf8"), relayUrl);
  } else {
    profile = await register(environment, relayUrl, passwordFile);
  }
  const connect = connector(profile, relayUrl);
  return {
    name: profile.identity.name,
    listen: (signal) => listen(profile, connect, signal),
    close: () => profile.db.close(),
  };
}

async function register(
  environment: { CHAT_HOME: string },
  relayUrl: string,
  passwordFile: string,
): Promise<Profile> {
  const [core, { profilePaths }, { createKey, readKey }, { chooseRelay }] = await Promise.all([
    import("../client/core/register.ts"),
    import("../client/core/paths.ts"),
    import("../client/core/unlock-profile.ts"),
    import("../client/core/connect.ts"),
  ]);
  const paths = profilePaths(environment, "echo");
  const password = randomPassword();
  for (const name of NAMES) {
    try {
      const profile = await core.register({
        name,
        password,
        relay: chooseRelay(relayUrl),
        paths,
        readKey: () => readKey(paths, noPassphrase),
        createKey: () => createKey(paths, {}, noPassphrase),
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
  const [{ connector }, { renewLogin }] = await Promise.all([
    import("../client/core/connect.ts"),
    import("../client/core/renew-login.ts"),
  ]);
  const connection = await connector(profile, relayUrl)();
  try {
    await connection.countPrekeys();
  } catch {
    await renewLogin(profile, password, relayUrl);
  } finally {
    connection.close();
  }
}

async function listen(profile: Profile, connect: Connect, signal: AbortSignal): Promise<void> {
  const [{ followRelay }, { watchMessages }, { queueMessage }, { drainOutbox }] = await Promise.all([
    import("../client/core/follow.ts"),
    import("../client/core/watch-messages.ts"),
    import("../client/core/send-message.ts"),
    import("../client/core/drain-outbox.ts"),
  ]);
  const answer = async (): Promise<void> => {
    for await (const { id, conversation, text } of watchMessages(profile, { othersOnly: true, signal })) {
      // The key makes an answer that was given before a crash be given once.
      queueMessage(profile, { to: conversation, text: answerTo(text), key: `answer-${id}` });
      await drainOutbox(profile, connect).catch(() => undefined);
    }
  };
  await Promise.all([followRelay(profile, connect, { signal }), answer()]);
}

function answerTo(text: string): string {
  return text.length > 1_000 ? "You had a lot to say!" : `You said: ${text}`;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
