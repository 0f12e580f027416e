// The newcomer's way: a relay, an account, a friend, and the full-screen client, at one terminal.
import { userInfo } from "node:os";
import type { Profile, ProfilePaths } from "../client/core/profile.ts";
import { inOrder } from "./demo-ending.ts";
import { type DemoRelay, demoRelay } from "./demo-relay.ts";

type Identity = Profile["identity"];

export function liveDemo(): Promise<number> {
  return inOrder(async ({ signal, undo, orEnd }) => {
    const client = await import("../client/cli/demo-door.ts");
    say(
      "Sotto is end-to-end encrypted chat for the terminal. This starts a relay on",
      "this machine, makes you an account if you have none, and gives you somebody to",
      "talk to. Ctrl-C leaves at any time.",
      "",
    );

    const relay = await orEnd(demoRelay());
    undo(() => relay.stop());
    say(
      relay.isOurs
        ? `A relay runs on ${relay.url}, with a PostgreSQL of its own.`
        : `A relay runs already on ${relay.url}.`,
      "",
    );

    const you = await orEnd(yourProfile(relay, signal));
    const { identity, paths } = you;
    undo(() => you.db.close());

    const { echoFriend } = await import("./echo-friend.ts");
    const friend = await orEnd(echoFriend(client.chatHome(process.env), relay.url));
    undo(() => friend.close());
    // The friend of the demo is no stranger who has to ask.
    await orEnd(client.findPerson(you, client.connector(you, relay.url), friend.name));
    client.acceptPerson(you, friend.name);
    const quiet = new AbortController();
    const listening = friend.listen(quiet.signal);
    undo(async () => {
      quiet.abort();
      await listening;
    });

    await orEnd(friend.greet(identity.name));
    introduce(identity, friend.name, relay);
    const status = await chat(paths, relay, signal);
    farewell(identity, relay);
    return status;
  });
}

async function chat(paths: ProfilePaths, relay: DemoRelay, signal: AbortSignal): Promise<number> {
  const { openTui } = await import("../client/tui/open.ts");
  const { stdin: input, stdout: output, stderr: errors } = process;
  const opening = {
    paths,
    environment: process.env,
    relay: relay.url,
    // It asks for what is in no file itself.
    passphrase: async () => (process.env["CHAT_PASSPHRASE_FILE"] ? passphrase(signal) : undefined),
    signal,
    hasColors: !process.env["NO_COLOR"],
  };
  return openTui(opening, { input, output, errors });
}

/** The account in the usual profile; but one of another relay is left alone, for the demo has its own then. */
async function yourProfile(relay: DemoRelay, signal: AbortSignal): Promise<Profile> {
  const client = await import("../client/cli/demo-door.ts");
  const usual = client.profilePaths(process.env, process.env["CHAT_PROFILE"] || "default");
  const found = await unlock(usual, signal);
  const isLocal = (url: string): boolean => client.chooseRelay(url).host === "127.0.0.1";
  if (found === undefined) return newAccount(usual, relay, signal);
  if (isLocal(found.identity.relayUrl)) return welcomeBack(found);
  say(
    `Your profile belongs to ${found.identity.name} on ${found.identity.relayUrl}: the demo has a profile of its own.`,
    "",
  );
  found.db.close();
  const own = client.profilePaths(process.env, "demo");
  const earlier = await unlock(own, signal);
  return earlier === undefined ? newAccount(own, relay, signal) : welcomeBack(earlier);
}

function welcomeBack(profile: Profile): Profile {
  say(`Welcome back, ${profile.identity.name}.`, "");
  return profile;
}

/** Undefined when there is no account in it, or only half of one. */
async function unlock(paths: ProfilePaths, signal: AbortSignal): Promise<Profile | undefined> {
  const client = await import("../client/cli/demo-door.ts");
  try {
    return await client.unlockProfile(paths, () => passphrase(signal));
  } catch (error) {
    const failure = client.explainFailure(error);
    if (failure.code === "not_set_up") return undefined;
    throw failure;
  }
}

async function newAccount(paths: ProfilePaths, relay: DemoRelay, signal: AbortSignal): Promise<Profile> {
  const client = await import("../client/cli/demo-door.ts");
  for (;;) {
    const given = await client.askText(
      "Your name here",
      suggestedName(client.checkNewName),
      signal,
      (name) => {
        client.checkNewName(name);
      },
    );
    const name = client.checkNewName(given);
    const password = await client.askNewPassword(signal, client.checkNewPassword);
    try {
      return await client.register({
        name,
        password,
        relay: client.chooseRelay(relay.url),
        paths,
        readKey: () => client.readKey(paths, () => passphrase(signal)),
        createKey: () => client.createKey(paths, process.env, () => passphrase(signal)),
        words: {
          keep: () => undefined,
          discard: () => undefined,
          handOver: (words) => client.showWords(name, words, signal),
        },
      });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "name_taken")) throw error;
      say(`${error.message} Choose another.`);
    }
  }
}

async function passphrase(signal: AbortSignal): Promise<string> {
  const client = await import("../client/cli/demo-door.ts");
  const file = process.env["CHAT_PASSPHRASE_FILE"];
  if (file) return client.readSecret(file, "passphrase");
  return client.askPassword("Passphrase of this profile", signal);
}

function suggestedName(check: (name: string) => string): string | undefined {
  try {
    return check(userInfo().username);
  } catch {
    return undefined;
  }
}

function introduce({ name, relayUrl }: Identity, friend: string, relay: DemoRelay): void {
  const elsewhere = relay.url === relayUrl ? "" : ` --relay ${relay.url}`;
  say(
    "",
    `You are ${name}, and ${friend} answers what you write. In a second terminal, in this folder, the same account is`,
    "there too:",
    "",
    `    npx chat send ${friend} "hello from the other side"${elsewhere}`,
    `    npx chat read${elsewhere}`,
  );
}

function farewell({ name }: Identity, relay: DemoRelay): void {
  const left = relay.isOurs ? " The relay stops now; `npx chat relay` runs it without the demo." : "";
  say("", `Your account ${name} stays on this machine: \`npx chat\` opens it.${left}`);
}

function say(...lines: string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
