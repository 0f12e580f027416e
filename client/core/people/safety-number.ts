import { type AccountId, safetyNumber } from "../../../keys/index.ts";
import { ChatError } from "../chat-error.ts";
import { resolveTo } from "../conversations/conversations.ts";
import type { Connect } from "../outbox/drain-outbox.ts";
import type { Profile } from "../profile.ts";
import { meetPerson } from "./account-chains.ts";

/** Sixty digits to compare with somebody's, as this profile knows him; the relay is asked only for who is new here. */
export async function safetyNumberWith(profile: Profile, connect: Connect, name: string): Promise<string> {
  const destination = resolveTo(profile, name);
  if (destination.kind !== "person") {
    throw new ChatError("usage", "Safety numbers are compared with other people.", {
      hint: "Give the name of a person.",
    });
  }
  const account = destination.accountId ?? (await meet(profile, connect, destination.name));
  return safetyNumber(profile.identity.accountId, account);
}

async function meet(profile: Profile, connect: Connect, name: string): Promise<AccountId> {
  const connection = await connect();
  try {
    return await meetPerson(profile, connection, name);
  } finally {
    connection.close();
  }
}
