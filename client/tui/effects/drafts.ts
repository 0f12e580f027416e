import { type Draft, Drafts } from "../../core/conversations/drafts.ts";
import { watchProfile } from "../../core/inbox/profile-changes.ts";
import type { Profile } from "../../core/profile.ts";
import type { Effect } from "../model/effect.ts";
import type { Tell } from "../runtime.ts";
import type { Session } from "./session.ts";

/** Whoever types is not slowed down by the disk, and a crash costs no more than this. */
const SAVE_AFTER_MS = 300;

/** What was written and is not saved yet. */
class UnsavedDrafts {
  readonly #drafts: Drafts;
  readonly #tell: Tell;
  #written = new Map<string, string>();
  #saving: NodeJS.Timeout | undefined;

  constructor(profile: Profile, signal: AbortSignal, tell: Tell) {
    this.#drafts = new Drafts(profile);
    this.#tell = tell;
    signal.addEventListener("abort", () => this.#save(), { once: true });
  }

  /** Resolves when it is saved; undefined if that of an earlier one saves this too. */
  put(conversation: string, text: string): Promise<void> | undefined {
    this.#written.set(conversation, text);
    if (this.#saving !== undefined) return undefined;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#saving = setTimeout(() => {
      try {
        this.#save();
        resolve();
      } catch (error) {
        reject(error);
      }
    }, SAVE_AFTER_MS);
    return promise;
  }

  /** What is being written here is not replaced: it is about to be saved over the other. */
  look(): void {
    this.#tellAll(this.#drafts.news().filter(({ conversation }) => !this.#written.has(conversation)));
  }

  #save(): void {
    clearTimeout(this.#saving);
    this.#saving = undefined;
    if (this.#written.size === 0) return;
    const written = this.#written;
    this.#written = new Map();
    this.#tellAll(this.#drafts.save(written));
  }

  #tellAll(drafts: readonly Draft[]): void {
    for (const draft of drafts) this.#tell({ kind: "chat", data: { what: "draft", ...draft } });
  }
}

type Saving = Pick<Session, "profile" | "signal">;

const unsaved = new WeakMap<Saving, UnsavedDrafts>();

function draftsOf(session: Saving, profile: Profile, tell: Tell): UnsavedDrafts {
  let found = unsaved.get(session);
  if (found === undefined) {
    found = new UnsavedDrafts(profile, session.signal, tell);
    unsaved.set(session, found);
  }
  return found;
}

export function saveDraft(
  session: Saving,
  { conversation, text }: Extract<Effect, { kind: "save draft" }>,
  tell: Tell,
): Promise<void> | undefined {
  if (session.profile === undefined) return undefined;
  return draftsOf(session, session.profile, tell).put(conversation, text);
}

/** All drafts now, and from then on those that another process writes. */
export function followDrafts(session: Saving, profile: Profile, tell: Tell): void {
  const drafts = draftsOf(session, profile, tell);
  drafts.look();
  watchProfile(profile, session.signal, () => drafts.look());
}
