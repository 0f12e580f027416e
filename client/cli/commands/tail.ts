import { connector } from "../../core/connect.ts";
import type { Connect } from "../../core/drain-outbox.ts";
import { explainFailure } from "../../core/explain-failure.ts";
import { type ConnectionState, followRelay } from "../../core/follow.ts";
import type { Profile } from "../../core/profile.ts";
import { markRead } from "../../core/read-messages.ts";
import { syncConversations } from "../../core/sync.ts";
import { watchAll } from "../../core/watch-messages.ts";
import { safeText } from "../../safe-text.ts";
import { type Context, unlessInterrupted } from "../context.ts";
import { eventObject, messageObject } from "../json-objects.ts";
import { reportError } from "../report-error.ts";
import type { Findings } from "../report-findings.ts";
import { Transcript } from "../transcript.ts";
import { withProfile } from "../with-profile.ts";

/**
 * Follows from now on, until Ctrl-C. What waited at the relay before that is fetched first, for `chat read`. All that is
 * printed comes from the database, whichever process received it.
 */
export async function tail(context: Context, from: readonly string[]): Promise<void> {
  await withProfile(context, async (profile, findings) => {
    const connect = connector(profile, context.relay);
    await catchUp(context, profile, connect);
    sayFindings(context, findings);
    const ending = new AbortController();
    const signal = AbortSignal.any([context.signal, ending.signal]);
    const following = followRelay(profile, connect, {
      signal,
      onConnection: connectionNotes(context),
      onFindings: () => sayFindings(context, findings),
    });
    // Without a relay that takes this device nothing will ever come.
    following.catch(() => ending.abort());
    await print(context, profile, from, signal);
    ending.abort();
    await following;
    context.signal.throwIfAborted();
  });
}

async function catchUp(context: Context, profile: Profile, connect: Connect): Promise<void> {
  try {
    const connection = await connect();
    try {
      await unlessInterrupted(context, syncConversations(profile, connection));
    } finally {
      connection.close();
    }
  } catch (error) {
    const failure = explainFailure(error);
    // Following goes on trying; what it cannot mend either it says.
    if (failure.code !== "relay_unreachable") throw failure;
  }
}

function sayFindings({ output }: Context, findings: Findings): void {
  const alarm = findings.report();
  if (alarm !== undefined) reportError(output, alarm, false);
}

async function print(
  { output, now }: Context,
  profile: Profile,
  from: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const transcript = new Transcript(output, profile.identity.name, {
    manyConversations: from.length !== 1,
    now,
  });
  const watching = { signal, ...(from.length === 0 ? {} : { conversations: from }) };
  for await (const happening of watchAll(profile, watching)) {
    if (happening.type === "event") {
      if (output.json) output.object(eventObject(happening.event));
      else transcript.printEvent(happening.event);
      continue;
    }
    const { message } = happening;
    if (output.json) {
      output.object(messageObject(message));
    } else {
      transcript.print(message);
      markRead(profile, [message]);
    }
  }
}

/** Says when the connection goes and when it is back; silent while all is well. */
function connectionNotes({ output }: Context): (state: ConnectionState, error?: unknown) => void {
  let isAway = false;
  return (state, error) => {
    if (state === "offline" && !isAway) {
      isAway = true;
      const why = error === undefined ? "The connection broke." : explainFailure(error).message;
      output.note(output.paintNote("dim", `${safeText(why)} Trying again.`));
    } else if (state === "connected" && isAway) {
      isAway = false;
      output.note(output.paintNote("dim", "Connected again."));
    }
  };
}
