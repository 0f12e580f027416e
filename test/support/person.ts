import { join } from "node:path";
import { closeProfile } from "../../client/core/profile.ts";
import { newcomer, type Person } from "./chat.ts";
import { enrol } from "./enrolled.ts";

/**
 * A person with an account, as `chat register` leaves it but for a password that nobody knows: that command takes a
 * second of computing, and has tests of its own.
 */
export async function person(name: string, relay: string): Promise<Person> {
  const someone = await newcomer(name, relay);
  await equip(someone, relay);
  return someone;
}

/** Gives an account to somebody who has none. */
export async function equip(someone: Person, relay: string): Promise<void> {
  const { profile } = await enrol(someone.name, relay, join(someone.home, "chat"));
  closeProfile(profile);
}
