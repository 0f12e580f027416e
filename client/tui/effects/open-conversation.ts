import { conversationHead } from "../../core/conversation-head.ts";
import { OpenTranscript } from "../../core/open-transcript.ts";
import type { Profile } from "../../core/profile.ts";
import type { TranscriptPage } from "../../core/read-transcript.ts";
import type { ChatData, Loaded, TranscriptPart } from "../model/data.ts";
import { entryOf, headOf } from "./adapt.ts";

/** The conversation on the screen: what the model has of it, and what changes. */
export class OpenConversation {
  /** As the model calls it. */
  readonly name: string;
  readonly transcript: OpenTranscript;
  readonly #profile: Profile;
  #head: string | undefined;

  constructor(profile: Profile, name: string, find: () => number | undefined) {
    this.name = name;
    this.#profile = profile;
    this.transcript = new OpenTranscript(profile, find);
  }

  open(around?: string): Loaded {
    const wish = around === undefined ? undefined : { around };
    return { what: "transcript", part: this.#part(this.transcript.open(wish)), around };
  }

  /** From its first message on. */
  oldest(): Loaded {
    const part = this.#part(this.transcript.open({ at: "start" }));
    return { what: "transcript", part, around: part.entries.find(({ kind }) => kind === "message")?.key };
  }

  older(from: number): Loaded {
    return { what: "older", part: this.#part(this.transcript.older(from)) };
  }

  newer(from: number): Loaded {
    return { what: "newer", part: this.#part(this.transcript.newer(from)) };
  }

  changes(): ChatData[] {
    const changes = this.transcript.changes();
    if (changes === undefined) {
      // What was a mere name is a conversation that there was before: as if all of it were new.
      const { entries } = this.#part(this.transcript.open());
      return [{ what: "entries", conversation: this.name, entries, gone: [] }];
    }
    const told: ChatData[] = [];
    const { changed, gone } = changes;
    if (changed.length + gone.length > 0) {
      const entries = changed.map((item) => entryOf(item, this.#profile.identity.name));
      told.push({ what: "entries", conversation: this.name, entries, gone });
    }
    const before = this.#head;
    const head = this.#readHead();
    if (this.#head !== before) told.push({ what: "head", conversation: this.name, head });
    return told;
  }

  #part({ items, hasOlder, hasNewer }: TranscriptPage): TranscriptPart {
    const entries = items.map((item) => entryOf(item, this.#profile.identity.name));
    return { conversation: this.name, entries, hasOlder, hasNewer, head: this.#readHead() };
  }

  #readHead(): TranscriptPart["head"] {
    const { conversation } = this.transcript;
    const found = conversation === undefined ? undefined : conversationHead(this.#profile, conversation);
    const head = headOf(this.name, found, this.#profile.identity.name);
    this.#head = JSON.stringify(head);
    return head;
  }
}
