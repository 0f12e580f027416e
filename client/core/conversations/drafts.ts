import { snapshot, transact } from "../../store/database.ts";
import { readDraftsAfter, type StoredDraft, saveDraft } from "../../store/drafts.ts";
import type { Profile } from "../profile.ts";

/** A text that was begun and not sent; empty: it was sent, or given up. */
export interface Draft {
  /** The name to send to. */
  readonly conversation: string;
  readonly text: string;
}

/** The drafts of a profile as one of its processes follows them: whoever writes last is right. */
export class Drafts {
  readonly #profile: Profile;
  #seen = 0;

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  /** What others wrote since the last look; at first, all there are. */
  news(): Draft[] {
    return this.#take(snapshot(this.#profile.db, () => readDraftsAfter(this.#profile.db, this.#seen)));
  }

  /** Gives what others wrote since the last look to the conversations that are not written to now. */
  save(written: ReadonlyMap<string, string>): Draft[] {
    const { db } = this.#profile;
    return transact(db, () => {
      const found = readDraftsAfter(db, this.#seen);
      for (const [name, text] of written) saveDraft(db, name, text);
      const own = readDraftsAfter(db, found.at(-1)?.revision ?? this.#seen);
      const others = this.#take(found).filter(({ conversation }) => !written.has(conversation));
      this.#take(own);
      return others;
    });
  }

  #take(found: readonly StoredDraft[]): Draft[] {
    this.#seen = found.at(-1)?.revision ?? this.#seen;
    return found.map(({ name, text }) => ({ conversation: name, text }));
  }
}
