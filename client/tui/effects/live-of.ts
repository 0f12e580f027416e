import { ChatError } from "../../core/chat-error.ts";
import type { Tell } from "../runtime.ts";
import { Live } from "./live.ts";
import type { Session } from "./session.ts";

const opened = new WeakMap<Session, Live>();

/** Begins what goes on while there is a profile. Settles when the session has ended and nothing uses the profile any more. */
export async function live(session: Session, tell: Tell): Promise<void> {
  const { profile, relay, signal } = session;
  if (profile === undefined) return;
  const made = new Live({ profile, relay, tell, signal });
  opened.set(session, made);
  await made.run();
}

/** What `live` has begun. Throws `not_set_up` before that. */
export function liveOf(session: Session): Live {
  const found = opened.get(session);
  if (found !== undefined) return found;
  throw new ChatError("not_set_up", "There is no account yet.");
}
