import { ChatError } from "../../core/chat-error.ts";
import { connector } from "../../core/connection/connect.ts";
import { type ConnectionState, followRelay } from "../../core/connection/follow.ts";
import { syncConversations } from "../../core/connection/sync.ts";
import { explainFailure } from "../../core/explain-failure.ts";
import { openConsumer } from "../../core/inbox/consumers.ts";
import { type Happening, watchAll } from "../../core/inbox/watch-messages.ts";
import { markRead } from "../../core/messages/read-messages.ts";
import type { Connect } from "../../core/outbox/drain-outbox.ts";
import type { Profile } from "../../core/profile.ts";
import { safeJson, safeText } from "../../safe-text.ts";
import { Acknowledgements } from "../acknowledgements.ts";
import { type Context, unlessInterrupted } from "../context.ts";
import { handToProgram } from "../hand-to-program.ts";
import { eventObject, messageObject } from "../json-objects.ts";
import { reportError } from "../report-error.ts";
import type { Findings } from "../report-findings.ts";
import { showTyping } from "../show-typing.ts";
import { Transcript } from "../transcript.ts";
import { withProfile } from "../with-profile.ts";

export interface TailOptions {
  /** Go on where this one came to, and remember where it comes to now. */
  readonly consumer?: string;
  /** What is dealt with: what is written, or what is acknowledged on standard input. */
  readonly ack: "auto" | "manual";
  /** Run this program for each instead of printing. */
  readonly exec?: string;
  /** Print who begins to type, too. */
  readonly typing?: boolean;
}

/**
 * Follows from now on, or from where a consumer came to, until Ctrl-C. What waited at the relay is fetched first; who is
 * no consumer sees it with `chat read`. All that is printed comes from the database, whichever process received it.
 */
export async function tail(context: Context, from: readonly string[], options: TailOptions): Promise<void> {
  checkOptions(context, options);
  await withProfile(context, async (profile, findings) => {
    const consumer = options.consumer === undefined ? undefined : openConsumer(profile, options.consumer);
    const connect = connector(profile, context.relay);
    await catchUp(context, profile, connect);
    sayFindings(context, findings);
    const ending = new AbortController();
    const signal = AbortSignal.any([context.signal, ending.signal]);
    const following = followRelay(profile, connect, {
      signal,
      onConnection: connectionNotes(context, options),
      onFindings: () => sayFindings(context, findings),
      ...(options.typing === true ? { signals: showTyping(context, profile, from) } : {}),
    });
    // Without a relay that takes this device nothing will ever come.
    following.catch(() => ending.abort());
    const isManual = consumer !== undefined && options.ack === "manual";
    const acknowledgements = isManual ? new Acknowledgements(consumer) : undefined;
    // After the end of standard input nothing more could be acknowledged.
    const acknowledging = acknowledgements?.read(process.stdin, signal).finally(() => ending.abort());
    acknowledging?.catch(() => undefined);
    try {
      const handle =
        options.exec === undefined
          ? printing(context, profile, from)
          : handing(context, options.exec, { signal, insists: consumer !== undefined });
      const names = from.length === 0 ? {} : { conversations: from };
      const after = consumer === undefined ? {} : { after: consumer.start() };
      for await (const happening of watchAll(profile, { signal, ...names, ...after })) {
        const { id, arrival } = placeOf(happening);
        acknowledgements?.expect(id, arrival);
        if (!(await handle(happening))) break;
        if (acknowledgements === undefined) consumer?.advance(arrival);
        else await acknowledgements.room(signal);
      }
    } finally {
      ending.abort();
      consumer?.close();
    }
    await following;
    await acknowledging;
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

function checkOptions({ output }: Context, { ack, consumer, exec, typing }: TailOptions): void {
  if (typing === true && exec !== undefined) throw new ChatError("usage", "`--typing` is not for `--exec`.");
  if (ack === "auto") return;
  const wanted = "`--ack manual` is for `--consumer NAME` and `--json`, and not for `--exec`.";
  if (consumer === undefined || exec !== undefined || !output.json) throw new ChatError("usage", wanted);
}

function placeOf(happening: Happening): { id: string; arrival: number } {
  if (happening.type === "event") return { id: happening.event.eventId, arrival: happening.event.arrival };
  return { id: happening.message.id, arrival: happening.message.arrival ?? 0 };
}

function objectOf(happening: Happening): object {
  return happening.type === "event" ? eventObject(happening.event) : messageObject(happening.message);
}

/** Whether what happened is dealt with. */
type Handle = (happening: Happening) => Promise<boolean>;

function handing(
  { output }: Context,
  program: string,
  how: { signal: AbortSignal; insists: boolean },
): Handle {
  return (happening) => handToProgram(program, safeJson(objectOf(happening)), { output, ...how });
}

/** It is dealt with when it is written. */
function printing({ output, now }: Context, profile: Profile, from: readonly string[]): Handle {
  const transcript = new Transcript(output, profile.identity.name, {
    manyConversations: from.length !== 1,
    now,
  });
  return async (happening) => {
    if (output.json) {
      output.object(objectOf(happening));
    } else if (happening.type === "event") {
      transcript.printEvent(happening.event);
    } else {
      transcript.print(happening.message);
      markRead(profile, [happening.message]);
    }
    await output.flush();
    return !output.closed.aborted;
  };
}

const lostConnection = { code: "relay_unreachable", message: "The connection broke." } as const;

/** Says when the connection goes and when it is back; silent while all is well. */
function connectionNotes(
  { output }: Context,
  { typing }: TailOptions,
): (state: ConnectionState, error?: unknown) => void {
  let isAway = false;
  let isWarned = false;
  return (state, error) => {
    if (state === "offline") {
      const { code, message } = error === undefined ? lostConnection : explainFailure(error);
      // That somebody stands in between comes after the break that he has caused, and is worth more words.
      if (code === "security_stop" && !isWarned) {
        isWarned = true;
        output.note(output.paintNote("red", `${safeText(message)} Nothing is sent there. Trying again.`));
      } else if (!isAway) output.note(output.paintNote("dim", `${safeText(message)} Trying again.`));
      isAway = true;
    } else if (state === "connected" && isAway) {
      isAway = false;
      isWarned = false;
      output.note(output.paintNote("dim", "Connected again."));
    } else if (state === "waiting" && typing === true) {
      const why = "Another process of this profile is connected: it alone hears who is typing.";
      output.note(output.paintNote("dim", why));
    }
  };
}
