import { listRequests } from "../core/people/trust.ts";
import type { Profile } from "../core/profile.ts";
import type { Output } from "./print.ts";

/** Strangers are kept apart from what is listed and read: whoever looks there hears that somebody waits. */
export function noteRequests(output: Output, profile: Profile): void {
  const waiting = new Set(listRequests(profile).map(({ account }) => account)).size;
  if (waiting === 0) return;
  const who = waiting === 1 ? "Somebody you do not know waits" : `${waiting} people you do not know wait`;
  output.note(`${who} for an answer: \`chat requests\`.`);
}
