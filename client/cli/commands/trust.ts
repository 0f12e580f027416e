import { connector } from "../../core/connection/connect.ts";
import { acceptNewKey, changedKeyOf } from "../../core/people/changed-key.ts";
import {
  acceptPerson,
  blockPerson,
  type Contact,
  findPerson,
  unblockPerson,
} from "../../core/people/trust.ts";
import type { Profile } from "../../core/profile.ts";
import { sendReceipts } from "../../core/receipts/send-receipts.ts";
import { safeText } from "../../safe-text.ts";
import type { Context } from "../context.ts";
import { contactObject } from "../json-objects.ts";
import { inGroups } from "../safety-digits.ts";
import { withProfile } from "../with-profile.ts";

export async function accept(context: Context, name: string, { newKey }: { newKey: boolean }): Promise<void> {
  await withProfile(context, async (profile) => {
    const connect = connector(profile, context.relay);
    if (newKey) {
      await acceptChanged(context, profile, name);
      return;
    }
    await findPerson(profile, connect, name);
    const contact = acceptPerson(profile, name);
    // He hears that his messages have arrived; should the relay be away, with the next command.
    await sendReceipts(profile, connect);
    say(context, contact, `You have accepted ${contact.name}.`);
  });
}

async function acceptChanged(context: Context, profile: Profile, name: string): Promise<void> {
  const { output } = context;
  const changed = changedKeyOf(profile, name);
  if (changed !== undefined) {
    output.note(`Safety number with the account before:  ${inGroups(changed.oldNumber)}`);
    output.note(`Safety number with the new account:     ${inGroups(changed.newNumber)}`);
  }
  const connect = connector(profile, context.relay);
  const accepted = await acceptNewKey(profile, connect, name, changed?.newNumber);
  const contact = acceptPerson(profile, accepted.name);
  say(
    context,
    contact,
    `${accepted.name} is the new account now, verified by nobody. What was said before: chat read "${accepted.formerly}".`,
    { old_number: accepted.oldNumber, number: accepted.newNumber, formerly: accepted.formerly },
  );
}

export async function block(context: Context, name: string): Promise<void> {
  await withProfile(context, async (profile) => {
    await findPerson(profile, connector(profile, context.relay), name);
    const contact = blockPerson(profile, name);
    say(context, contact, `You have blocked ${contact.name}. Nobody is told.`);
  });
}

export async function unblock(context: Context, name: string): Promise<void> {
  await withProfile(context, async (profile) => {
    const contact = unblockPerson(profile, name);
    const rest = contact.standing === "stranger" ? " What comes now is a request again." : "";
    say(context, contact, `${contact.name} is not blocked.${rest}`);
  });
}

function say({ output }: Context, contact: Contact, sentence: string, more: object = {}): void {
  if (output.json) output.object({ ...contactObject(contact), ...more });
  else if (!output.quiet) output.line(safeText(sentence));
}
