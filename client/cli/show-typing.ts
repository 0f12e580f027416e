import { watchedNames } from "../core/inbox/watch-messages.ts";
import type { Profile } from "../core/profile.ts";
import { Signals } from "../core/signals/signals.ts";
import { safeText } from "../safe-text.ts";
import type { Context } from "./context.ts";
import { typingObject } from "./json-objects.ts";
import { clock } from "./times.ts";

/** For `followRelay`: prints who begins to type, in these conversations or in all. */
export function showTyping({ output }: Context, profile: Profile, conversations: readonly string[]): Signals {
  const names = watchedNames(profile, conversations);
  const signals = new Signals(profile);
  signals.subscribe((change) => {
    const { kind, isOn, conversation, from, at } = change;
    if (kind !== "typing" || !isOn || names?.has(conversation) === false) return;
    const where = conversations.length === 1 ? "" : ` (${conversation})`;
    if (output.json) output.object(typingObject(change));
    else output.line(output.paint("dim", safeText(`${clock(new Date(at))}  ${from} is typing${where}`)));
  });
  return signals;
}
