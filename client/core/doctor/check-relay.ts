import type { RelayConnection, RelayStream } from "../../net/relay-connection.ts";
import { readConversations } from "../../store/conversations.ts";
import { newestPrekey } from "../../store/prekeys.ts";
import { ChatError } from "../chat-error.ts";
import { chooseRelay, connectAnonymously, connector } from "../connection/connect.ts";
import { whereabouts } from "../conversations/conversations.ts";
import { ownDevice, refreshChains } from "../people/account-chains.ts";
import type { Profile } from "../profile.ts";
import { hasBeenFurther } from "../restored-profile/notice-older-copy.ts";
import { bad, type Check, count, failed, good, span } from "./check.ts";

/** Typing and presence go by clocks; so do prekeys and messages that disappear. */
const CLOCK_OFF_MS = 60_000;
/** SPEC §3.3: others refuse older ones. */
const PREKEY_TOO_OLD_MS = 60 * 24 * 60 * 60 * 1000;
/** Of so many conversations the relay is asked how they stand. */
const MAX_LOGS = 100;

/** Whether the relay is there, knows this device, and shows what it has shown before. */
export async function* checkRelay(profile: Profile | undefined, asked?: string): AsyncGenerator<Check> {
  try {
    yield await checkReachable(profile, asked);
  } catch (error) {
    yield failed("relay", error);
    return;
  }
  if (profile === undefined) return;
  let connection: RelayConnection | undefined;
  try {
    connection = await connector(profile, asked)();
    const stream = await connection.openStream({ live: false, lease: 0n });
    yield good("login", "the relay knows this device's login");
    yield* overStream(profile, connection, stream);
    void stream.close();
  } catch (error) {
    yield failed("login", error);
  } finally {
    connection?.close();
  }
}

async function checkReachable(profile: Profile | undefined, asked: string | undefined): Promise<Check> {
  const own = profile?.identity.relayUrl;
  const address = chooseRelay(asked, own);
  const { auth, close } = await connectAnonymously(address);
  try {
    const { version } = await auth.describeRelay();
    const before = performance.now();
    await auth.getChallenge();
    const time = `${Math.max(1, Math.round(performance.now() - before))} ms`;
    const detail = `${address.url} answers in ${time}${version === undefined ? "" : `, Sotto ${version}`}`;
    if (own === undefined || address.url === own) return good("relay", detail);
    const hint = "Unset CHAT_RELAY, or leave out --relay, unless the relay has moved.";
    return bad("relay", null, `${detail}, but the account is at ${own}`, hint);
  } finally {
    close();
  }
}

async function* overStream(
  profile: Profile,
  connection: RelayConnection,
  stream: RelayStream,
): AsyncGenerator<Check> {
  yield checkClock(profile, Number(stream.welcome.now));
  for (const [name, look] of [
    ["device", () => checkDevice(profile, connection)],
    ["prekeys", async () => checkPrekeys(profile, stream.welcome.oneTimePrekeysLeft)],
    ["logs", () => checkLogs(profile, stream)],
  ] as const) {
    try {
      yield await look();
    } catch (error) {
      yield failed(name, error);
    }
  }
}

function checkClock({ runtime }: Profile, relayNow: number): Check {
  const ahead = runtime.now() - relayNow;
  if (Math.abs(ahead) < CLOCK_OFF_MS) return good("clock", "agrees with the relay's");
  const detail = `this machine's clock is ${span(Math.abs(ahead))} ${ahead > 0 ? "ahead of" : "behind"} the relay's`;
  const hint =
    "Set the clock, or find out whose is wrong: until then times are wrong, and others may not reach this device.";
  return bad("clock", "not_set_up", detail, hint);
}

async function checkDevice(profile: Profile, connection: RelayConnection): Promise<Check> {
  await refreshChains(profile, connection, [profile.identity.accountId]);
  ownDevice(profile);
  return good("device", "this device is one of the account's");
}

function checkPrekeys({ db, runtime }: Profile, left: number): Check {
  const signed = newestPrekey(db, "signed");
  const age = signed === undefined ? undefined : runtime.now() - signed.createdAt;
  if (age === undefined || age > PREKEY_TOO_OLD_MS) {
    const detail =
      age === undefined ? "none were made" : `they are ${span(age)} old: others take none so old`;
    return bad("prekeys", "not_set_up", detail, "Run `chat read`: it makes and publishes new ones.");
  }
  const made = age < 0 ? "made by a clock that was ahead" : `renewed ${span(age)} ago`;
  if (left > 0) return good("prekeys", `${count(left, "one-time prekey")} left, ${made}`);
  const hint = "Run `chat read`: it publishes new ones. Until then others use the last-resort key.";
  return bad("prekeys", null, `no one-time prekeys are left, ${made}`, hint);
}

/** A log that goes less far than it was seen to go is one that the relay lost, or shows in an older state. */
async function checkLogs(profile: Profile, stream: RelayStream): Promise<Check> {
  let behind = 0;
  const logs = readConversations(profile.db).filter(({ log, standing }) => log && standing === "member");
  for (const stored of logs.slice(-MAX_LOGS)) {
    const { conversationId, log } = stored;
    if (conversationId === undefined || log === undefined) continue;
    const held = BigInt(log.head.sequence);
    const { pulled } = await stream.pull(conversationId, held, 1);
    if (pulled.head > held) behind += 1;
    if (pulled.head < held) {
      throw new ChatError(
        "security_stop",
        `The relay shows an older log of the conversation ${whereabouts(stored)}.`,
        {
          hint: "If the relay was put back from a backup, `chat read` says so and goes on. Otherwise do not trust it.",
        },
      );
    }
  }
  if (hasBeenFurther(profile, stream.welcome.acknowledged)) {
    const detail =
      "this device has received more than this profile knows of: it was put back to an older state";
    return bad(
      "logs",
      null,
      detail,
      "Run `chat read`: it takes fresh keys and fetches what the relay still has.",
    );
  }
  const known = count(logs.length, "conversation");
  if (behind === 0) return good("logs", `${known}, all at the relay's heads`);
  return good("logs", `${known}; there is something new in ${behind}`);
}
