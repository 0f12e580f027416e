import { type ContactRequest, listBlocked, listRequests } from "../../core/people/trust.ts";
import { safeText } from "../../safe-text.ts";
import type { Context } from "../context.ts";
import { contactObject, requestObject } from "../json-objects.ts";
import { preview } from "../preview.ts";
import { withProfile } from "../with-profile.ts";

/** Who waits to be accepted, or who is blocked. */
export async function requests(context: Context, { blocked }: { blocked: boolean }): Promise<void> {
  await withProfile(context, async (profile) => {
    if (blocked) showBlocked(context, listBlocked(profile));
    else showRequests(context, listRequests(profile));
  });
}

function showBlocked({ output }: Context, contacts: ReturnType<typeof listBlocked>): void {
  if (output.json) for (const contact of contacts) output.object(contactObject(contact));
  else for (const { name } of contacts) output.line(safeText(name));
  if (contacts.length === 0) output.note("You have blocked nobody.");
}

function showRequests({ output }: Context, waiting: readonly ContactRequest[]): void {
  if (output.json) {
    for (const each of waiting) output.object(requestObject(each));
    return;
  }
  const width = Math.max(0, ...waiting.map(({ name }) => name.length));
  for (const each of waiting) {
    output.line(`${output.paint("cyan", safeText(each.name.padEnd(width)))}  ${said(each)}`);
  }
  if (waiting.length === 0) output.note("Nobody waits.");
  else
    output.note(
      "`chat accept NAME` lets somebody in, `chat block NAME` keeps him out, `chat read NAME` shows more.",
    );
}

function said({ kind, messages, newest, title, group }: ContactRequest): string {
  if (kind === "invitation") {
    return `invites you to ${safeText(title ?? "a group")}: chat group accept ${safeText(group ?? "NAME")}`;
  }
  const count = messages === 1 ? "1 message" : `${messages} messages`;
  return `${count}: ${preview(newest?.text ?? "")}`;
}
