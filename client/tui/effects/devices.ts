import { revokeDevice as revoke } from "../../core/account/devices.ts";
import { eraseProfile, signOut as signOutOf } from "../../core/account/log-out.ts";
import { renewLogin } from "../../core/account/renew-login.ts";
import { ChatError } from "../../core/chat-error.ts";
import { explainFailure } from "../../core/explain-failure.ts";
import type { Doing } from "./doing.ts";
import { liveOf } from "./live-of.ts";

/** Groups are closed to it as far as the relay answers; the rest is done by itself. */
export const revokeDevice: Doing<"revoke device"> = async (session, { kind, id }, tell) => {
  const live = liveOf(session);
  await revoke(live.profile, live.connect, id);
  live.look();
  const said = "The device is signed out.";
  tell({ kind: "loaded", loaded: { what: "done", effect: kind, conversation: undefined, said } });
};

/** Nothing is erased before the relay has heard of it, unless it does not matter whether it hears. */
export const signOut: Doing<"sign out"> = async (session, { kind, words, isOffline }, tell) => {
  const live = liveOf(session);
  if (!isOffline) {
    try {
      await signOutOf(live.profile, live.connect, async () => words);
    } catch (error) {
      throw withoutCommands(error);
    }
  }
  await session.leave();
  await eraseProfile(session.paths);
  tell({ kind: "loaded", loaded: { what: "done", effect: kind, conversation: undefined, said: undefined } });
};

/** The prekeys that the relay lacks go with it. */
export const logIn: Doing<"log in"> = async ({ profile, relay }, { kind, password }, tell) => {
  if (profile === undefined) return;
  try {
    await renewLogin(profile, password, relay);
  } catch (error) {
    throw withoutCommands(error);
  }
  const said = "Logged in again.";
  tell({ kind: "loaded", loaded: { what: "done", effect: kind, conversation: undefined, said } });
};

/** What to do stands on the screen already. */
function withoutCommands(error: unknown): ChatError {
  const { code, message, hint } = explainFailure(error);
  const isUseful = hint !== undefined && !/--[a-z]|CHAT_|`chat /.test(hint);
  return new ChatError(code, message, { cause: error, ...(isUseful ? { hint } : {}) });
}
