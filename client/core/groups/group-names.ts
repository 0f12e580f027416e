import { validGroupName } from "../../../keys/index.ts";
import { isAliasTaken } from "../../store/groups.ts";
import { ChatError } from "../chat-error.ts";
import type { Profile } from "../profile.ts";

const MAX_TITLE_BYTES = 128;

/** A name that a group, a room or an alias may have, in lower case and without `#`. Throws `bad_name`. */
export function groupName(given: string): string {
  const name = given.replace(/^#/, "").toLowerCase();
  if (validGroupName(name)) return name;
  throw new ChatError("bad_name", `"${given}" is not a name for a group or room.`, {
    hint: "A name has 1 to 32 of a-z 0-9 _ . - and begins with a letter or a digit.",
  });
}

/** Throws `name_taken` when another group or room here has this alias. */
export function checkAliasFree(profile: Profile, alias: string, conversationId?: Uint8Array): void {
  if (!isAliasTaken(profile.db, alias, conversationId)) return;
  throw new ChatError("name_taken", `You are in another group or room that is called ${alias} here.`, {
    hint: "Choose another name for this one with `--as NAME`.",
  });
}

/** The alias that a title suggests; undefined if it is not fit for one. */
export function aliasFrom(title: string): string | undefined {
  const folded = title.toLowerCase();
  return validGroupName(folded) ? folded : undefined;
}

/** A peer's title, cut to what can be shown. */
export function shortTitle(title: string): string {
  let bytes = 0;
  let shown = "";
  for (const { segment } of new Intl.Segmenter().segment(title.slice(0, 4 * MAX_TITLE_BYTES))) {
    bytes += Buffer.byteLength(segment);
    if (bytes > MAX_TITLE_BYTES) break;
    shown += segment;
  }
  return shown;
}
