import { ChatError } from "../../core/chat-error.ts";
import { connector } from "../../core/connection/connect.ts";
import { changedKeyOf } from "../../core/people/changed-key.ts";
import { safetyNumberWith } from "../../core/people/safety-number.ts";
import { type Contact, contactOf, findPerson } from "../../core/people/trust.ts";
import { unverifyPerson, verifyPerson } from "../../core/people/verify.ts";
import { safeText } from "../../safe-text.ts";
import type { Context } from "../context.ts";
import { safetyNumberObject } from "../json-objects.ts";
import { inGroups, inLines } from "../safety-digits.ts";
import { isInteractive } from "../secrets.ts";
import { dateOf, moment } from "../times.ts";
import { withProfile } from "../with-profile.ts";

export interface VerifyOptions {
  readonly expect?: string;
  readonly yes?: boolean;
  readonly forget?: boolean;
}

/** Shows the number, and marks somebody as verified if it is the expected one, or if whoever compared it says so. */
export async function verify(context: Context, given: string, options: VerifyOptions): Promise<void> {
  const { expect, yes, forget } = options;
  if ([expect, yes, forget].filter((each) => each !== undefined).length > 1) {
    throw new ChatError("usage", "Only one of `--expect`, `--yes` and `--forget` can be given.");
  }
  const { output } = context;
  await withProfile(context, async (profile) => {
    const connect = connector(profile, context.relay);
    const account = await findPerson(profile, connect, given);
    const number = await safetyNumberWith(profile, connect, `@${given.replace(/^@/, "")}`);
    const before = contactOf(profile, account);
    const changed = changedKeyOf(profile, given);
    if (expect !== undefined || yes === true) {
      said(context, verifyPerson(profile, given, expect), number);
      return;
    }
    if (forget === true) {
      said(context, unverifyPerson(profile, given), number);
      return;
    }
    if (output.json) {
      output.object(safetyNumberObject(before, number, changed?.newNumber));
      return;
    }
    await show(context, before, number);
    if (changed !== undefined) {
      output.note(
        output.paintNote(
          "red",
          `Another account came under this name; with it the number is ${inGroups(changed.newNumber)}.`,
        ),
      );
      return;
    }
    if (!isInteractive() || before.verifiedAt !== null) return;
    const { askYes } = await import("../prompts.ts");
    const isSame = await askYes(`Does ${safeText(before.name)} see the same number?`, context.signal, false);
    if (isSame) said(context, verifyPerson(profile, given, number), number);
    else
      output.note("Nothing is marked. Should the numbers differ, one of you does not talk with the other.");
  });
}

async function show({ output, now }: Context, { name, verifiedAt }: Contact, number: string): Promise<void> {
  if (output.quiet || !output.isTerminal) {
    output.line(inGroups(number));
  } else {
    const { qrRows } = await import("../../qr.ts");
    for (const row of qrRows(number)) output.line(`  ${row}`);
    output.line("");
    for (const row of inLines(number)) output.line(`  ${row}`);
    output.line("");
  }
  if (verifiedAt !== null)
    output.note(`${safeText(name)} is verified since ${moment(dateOf(verifiedAt), now())}.`);
  else
    output.note(
      `Compare it with what \`chat verify\` shows ${safeText(name)}, by another way than this chat.`,
    );
}

function said({ output }: Context, contact: Contact, number: string): void {
  if (output.json) output.object(safetyNumberObject(contact, number));
  else if (!output.quiet) {
    const is = contact.verifiedAt === null ? "not verified" : "verified";
    output.line(safeText(`${contact.name} is ${is}.`));
  }
}
