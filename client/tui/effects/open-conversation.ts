import { conversationHead } from "../../core/conversations/conversation-head.ts";
import { OpenTranscript } from "../../core/messages/open-transcript.ts";
import type { TranscriptPage } from "../../core/messages/read-transcript.ts";
import { findingsAbout } from "../../core/people/findings-about.ts";
import { newestFinding } from "../../core/people/security.ts";
import type { Profile } from "../../core/profile.ts";
import type { ChatData, Entry, Loaded, TranscriptPart } from "../model/data.ts";
import { entryOf, headOf } from "./adapt.ts";
import { findingEntries, timeOf } from "./findings.ts";

/** The conversation on the screen: what the model has of it, and what changes. */
export class OpenConversation {
  /** As the model calls it. */
  readonly name: string;
  readonly transcript: OpenTranscript;
  readonly #profile: Profile;
  #head: string | undefined;
  /** What was found after it has not been told. */
  #found = 0;

  constructor(profile: Profile, name: string, find: () => number | undefined) {
    this.name = name;
    this.#profile = profile;
    this.transcript = new OpenTranscript(profile, find);
  }

  open(around?: string): Loaded {
    const wish = around === undefined ? undefined : { around };
    return { what: "transcript", part: this.#begin(this.transcript.open(wish)), around };
  }

  /** From its first message on. */
  oldest(): Loaded {
    const part = this.#begin(this.transcript.open({ at: "start" }));
    return { what: "transcript", part, around: part.entries.find(({ kind }) => kind === "message")?.key };
  }

  older(from: number): Loaded {
    const next = this.#entries(this.transcript).find(({ position }) => position >= from);
    return { what: "older", part: this.#part(this.transcript.older(from), undefined, next) };
  }

  newer(from: number): Loaded {
    const last = this.#entries(this.transcript).findLast(({ position }) => position <= from);
    return { what: "newer", part: this.#part(this.transcript.newer(from), last, undefined) };
  }

  changes(): ChatData[] {
    const changes = this.transcript.changes();
    if (changes === undefined) {
      // What was a mere name is a conversation that there was before: as if all of it were new.
      const { entries } = this.#begin(this.transcript.open());
      return [{ what: "entries", conversation: this.name, entries, gone: [] }];
    }
    const told: ChatData[] = [];
    const { changed, gone } = changes;
    if (changed.length + gone.length > 0) {
      const entries = changed.map((item) => entryOf(item, this.#profile.identity.name));
      told.push({ what: "entries", conversation: this.name, entries, gone });
    }
    return [...told, ...this.#headChange()];
  }

  /** What was found since it was looked for. */
  findings(): ChatData[] {
    const { conversation } = this.transcript;
    const newest = newestFinding(this.#profile);
    if (conversation === undefined || newest === this.#found) return [];
    const findings = findingsAbout(this.#profile, conversation, this.#found);
    this.#found = newest;
    // What was found may stop what is sent here, with nothing else changed.
    const head = this.#headChange();
    if (findings.length === 0) return head;
    const entries = findingEntries(findings, this.#entries({ items: this.transcript.items }));
    return [{ what: "entries", conversation: this.name, entries, gone: [] }, ...head];
  }

  #headChange(): ChatData[] {
    const before = this.#head;
    const head = this.#readHead();
    return this.#head === before ? [] : [{ what: "head", conversation: this.name, head }];
  }

  #begin(page: TranscriptPage): TranscriptPart {
    this.#found = newestFinding(this.#profile);
    return this.#part(page, undefined, undefined);
  }

  /** A page between entries that are there already, with what was found in its time. */
  #part(page: TranscriptPage, before: Entry | undefined, after: Entry | undefined): TranscriptPart {
    const { hasOlder, hasNewer } = page;
    const said = this.#entries(page);
    const from = before ?? (hasOlder ? said[0] : undefined);
    const to = after ?? (hasNewer ? said.at(-1) : undefined);
    const { conversation: number } = this.transcript;
    const findings = (number === undefined ? [] : findingsAbout(this.#profile, number)).filter(
      ({ at }) => (from === undefined || at >= timeOf(from)) && (to === undefined || at < timeOf(to)),
    );
    const entries = [...said, ...findingEntries(findings, said)].sort(
      (one, other) => one.position - other.position,
    );
    return { conversation: this.name, entries, hasOlder, hasNewer, head: this.#readHead() };
  }

  #entries({ items }: Pick<TranscriptPage, "items">): Entry[] {
    return items.map((item) => entryOf(item, this.#profile.identity.name));
  }

  #readHead(): TranscriptPart["head"] {
    const { conversation } = this.transcript;
    const found = conversation === undefined ? undefined : conversationHead(this.#profile, conversation);
    const head = headOf(this.name, found, this.#profile.identity.name);
    this.#head = JSON.stringify(head);
    return head;
  }
}
