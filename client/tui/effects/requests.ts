import type { ConversationSummary } from "../../core/conversations/summarize-conversations.ts";
import { type ContactRequest, listBlocked, listRequests } from "../../core/people/trust.ts";
import type { Profile } from "../../core/profile.ts";
import { safeText } from "../../safe-text.ts";
import type { ChatData } from "../model/data.ts";
import { requestOf } from "./adapt.ts";
import type { ConversationNames } from "./names.ts";

/** Who waits for an answer, and who was blocked, as the model last heard of them. */
export class Requests {
  readonly #profile: Profile;
  readonly #names: ConversationNames;
  #told = JSON.stringify([[], []]);

  constructor(profile: Profile, names: ConversationNames) {
    this.#profile = profile;
    this.#names = names;
  }

  /** What has changed since then; undefined: nothing. */
  news(): ChatData | undefined {
    const requests = listRequests(this.#profile).map((request) =>
      requestOf(request, this.#names.nameFor(summaryOf(request))),
    );
    const blocked = listBlocked(this.#profile).map(({ name }) => safeText(name));
    const now = JSON.stringify([requests, blocked]);
    if (now === this.#told) return undefined;
    this.#told = now;
    return { what: "requests", requests, blocked };
  }
}

/** So that it has a name of its own among the conversations, and keeps that when it becomes one. */
function summaryOf({ kind, name, conversation, group, title }: ContactRequest): ConversationSummary {
  const isGroup = kind === "invitation";
  return {
    conversation,
    name: group ?? name,
    kind: isGroup ? "group" : "dm",
    title,
    unread: 0,
    mentions: 0,
    queued: 0,
    standing: isGroup ? "invited" : "member",
    invitedBy: isGroup ? name : null,
    notify: "all",
    isVerified: false,
    activity: 0,
  };
}
