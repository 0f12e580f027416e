import { signedOutHere } from "../../core/account/signed-out.ts";
import type { ConnectionState } from "../../core/connection/follow.ts";
import type { Profile } from "../../core/profile.ts";
import type { Connection } from "../model/data.ts";
import { failureOf } from "./adapt.ts";

/** The connection in honest words. While nothing answers, each further attempt is still `offline`. */
export function connectionAfter(before: Connection, state: ConnectionState, error?: unknown): Connection {
  const { queued } = before;
  switch (state) {
    case "waiting":
      return { state: "elsewhere", why: "Another process of this profile is connected.", queued };
    case "connecting":
      return before.state === "offline" ? before : { state: "connecting", why: undefined, queued };
    case "connected":
      return { state: "connected", why: undefined, queued };
    case "offline":
      return {
        state: "offline",
        why: error === undefined ? "The connection broke." : failureOf(error).message,
        queued,
      };
  }
}

/** Nothing but a person can mend it. */
export function refused(profile: Profile, before: Connection, error: unknown): Connection {
  const { queued } = before;
  const gone = signedOutHere(profile, error);
  if (gone !== undefined) return { state: "signed out", why: failureOf(gone).message, queued };
  const { code, message, hint } = failureOf(error);
  if (code === "signed_out") return { state: "login lost", why: message, queued };
  return {
    state: "refused",
    why: hint === undefined ? message : `${message} ${hint}`,
    queued,
  };
}
