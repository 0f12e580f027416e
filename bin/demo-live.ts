// The newcomer's way: a relay, an account, a friend, and a chat, at one terminal.
import { userInfo } from "node:os";
import type { Profile, ProfilePaths } from "../client/core/profile.ts";
import { inOrder } from "./demo-ending.ts";
import { type DemoRelay, demoRelay } from "./demo-relay.ts";

export function liveDemo(): Promise<number> {
  return inOrder(async ({ signal, undo, orEnd }) => {
    const { chatHome } = await import("../client/core/paths.ts");
    say(
      "Sotto is end-to-end encrypted chat for the terminal. This starts a relay on this machine, makes you",
      "an account if you have none, and gives you somebody to talk to. Ctrl-C leaves at any time.",
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

    const profile = await orEnd(yourProfile(relay, signal));
    undo(() => profile.db.close());

    const { echoFriend } = await import("./echo-friend.ts");
    const friend = await orEnd(echoFriend(chatHome(process.env), relay.url));
    undo(() => friend.close());
    const quiet = new AbortController();
    const listening = friend.listen(quiet.signal);
    undo(async () => {
      quiet.abort();
      await listening;
    });

    introduce(profile, friend.name, relay);
    await chat(profile, friend.name, relay, signal);
    farewell(profile, relay);
    return 0;
  });
}

async function chat(profile: Profile, partner: string, relay: DemoRelay, signal: AbortSignal): Promise<void> {
  const [{ connector }, { liveChat }, { Output }] = await Promise.all([
    import("../client/core/connect.ts"),
    import("../client/cli/live-chat.ts"),
    import("../client/cli/print.ts"),
  ]);
  const output = new Output({ json: false, quiet: false, color: !process.env["NO_COLOR"] });
  await liveChat(profile, connector(profile, relay.url), { output, partner, signal });
}

/** The account in the usual profile; but one of another relay is left alone, for the demo has its own then. */
async function yourProfile(relay: DemoRelay, signal: AbortSignal): Promise<Profile> {
  const [{ profilePaths }, { chooseRelay }] = await Promise.all([
    import("../client/core/paths.ts"),
    import("../client/core/connect.ts"),
  ]);
  const usual = profilePaths(process.env, process.env["CHAT_PROFILE"] || "default");
  const found = await unlock(usual, signal);
  const isLocal = (url: string): boolean => chooseRelay(url).host === "127.0.0.1";
  if (found === undefined) return newAccount(usual, relay, signal);
  if (isLocal(found.identity.relayUrl)) return welcomeBack(found);
  say(
    `Your profile belongs to ${found.identity.name} on ${found.identity.relayUrl}: the demo has a profile of its own.`,
    "",
  );
  found.db.close();
  const own = profilePaths(process.env, "demo");
  const earlier = await unlock(own, signal);
  return earlier === undefined ? newAccount(own, relay, signal) : welcomeBack(earlier);
}

function welcomeBack(profile: Profile): Profile {
  say(`Welcome back, ${profile.identity.name}.`, "");
  return profile;
}

/** Undefined when there is no account in it, or only half of one. */
async function unlock(paths: ProfilePaths, signal: AbortSignal): Promise<Profile | undefined> {
  const [{ unlockProfile }, { explainFailure }] = await Promise.all([
    import("../client/core/unlock-profile.ts"),
    import("../client/core/explain-failure.ts"),
  ]);
  try {
    return await unlockProfile(paths, () => passphrase(signal));
  } catch (error) {
    const failure = explainFailure(error);
    if (failure.code === "not_set_up") return undefined;
    throw failure;
  }
}

async function newAccount(paths: ProfilePaths, relay: DemoRelay, signal: AbortSignal): Promise<Profile> {
  const [core, { checkNewPassword }, keys, { chooseRelay }, prompts, { showWords }] = await Promise.all([
    import("../client/core/register.ts"),
    import("../client/core/account-password.ts"),
    import("../client/core/unlock-profile.ts"),
    import("../client/core/connect.ts"),
    import("../client/cli/prompts.ts"),
    import("../client/cli/show-words.ts"),
  ]);
  for (;;) {
    const given = await prompts.askText(
      "Your name here",
      suggestedName(core.checkNewName),
      signal,
      (name) => {
        core.checkNewName(name);
      },
    );
    const name = core.checkNewName(given);
    const password = await prompts.askNewPassword(signal, checkNewPassword);
    try {
      return await core.register({
        name,
        password,
        relay: chooseRelay(relay.url),
        paths,
        readKey: () => keys.readKey(paths, () => passphrase(signal)),
        createKey: () => keys.createKey(paths, process.env, () => passphrase(signal)),
        words: {
          keep: () => undefined,
          discard: () => undefined,
          handOver: (words) => showWords(name, words, signal),
        },
      });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "name_taken")) throw error;
      say(`${error.message} Choose another.`);
    }
  }
}

async function passphrase(signal: AbortSignal): Promise<string> {
  const { readSecret } = await import("../client/cli/secrets.ts");
  const file = process.env["CHAT_PASSPHRASE_FILE"];
  if (file) return readSecret(file, "passphrase");
  const { askPassword } = await import("../client/cli/prompts.ts");
  return askPassword("Passphrase of this profile", signal);
}

function suggestedName(check: (name: string) => string): string | undefined {
  try {
    return check(userInfo().username);
  } catch {
    return undefined;
  }
}

function introduce(profile: Profile, friend: string, relay: DemoRelay): void {
  const { name, relayUrl } = profile.identity;
  const isElsewhere = relay.url !== relayUrl;
  say(
    "",
    `You are ${name}. Type a line and press Enter: ${friend} answers. "@name text" writes to somebody else.`,
    "In a second terminal, in this folder, the same account and its messages are there too:",
    "",
    `    npx chat send ${friend} "hello from the other side"${isElsewhere ? ` --relay ${relay.url}` : ""}`,
    `    npx chat read${isElsewhere ? ` --relay ${relay.url}` : ""}`,
    "",
  );
}

function farewell({ identity }: Profile, relay: DemoRelay): void {
  const left = relay.isOurs ? " The relay stops now; `npx chat relay` runs it without the demo." : "";
  say("", `Your account ${identity.name} stays on this machine.${left}`);
}

function say(...lines: string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
