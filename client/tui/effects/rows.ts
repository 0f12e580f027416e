import {
  type ConversationSummary,
  changedSummaries,
  summarizeConversations,
} from "../../core/conversations/summarize-conversations.ts";
import type { Profile } from "../../core/profile.ts";
import type { ChatData, ConversationRow } from "../model/data.ts";
import { rowOf } from "./adapt.ts";
import { ConversationNames } from "./names.ts";

/** Shown before the others are counted. */
const FIRST = 50;

type RowsData = Extract<ChatData, { readonly what: "conversations" }>;

/** The rows of the conversation list, kept up to date by reading those alone that have changed. */
export class Rows {
  readonly names = new ConversationNames();
  readonly #profile: Profile;
  readonly #queued = new Map<number, number>();
  #mark = 0;

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  /** Messages that wait for the relay. */
  get queued(): number {
    let sum = 0;
    for (const count of this.#queued.values()) sum += count;
    return sum;
  }

  /** Those that were active last. */
  first(): RowsData {
    return this.#tell(summarizeConversations(this.#profile, FIRST).rows, false);
  }

  all(): RowsData {
    const { rows, mark } = summarizeConversations(this.#profile);
    this.#mark = mark;
    this.#queued.clear();
    this.names.forgetRenamed(rows);
    return this.#tell(rows, true);
  }

  /** What has changed since then; undefined: nothing. */
  changes(): RowsData | undefined {
    const { rows, gone, mark } = changedSummaries(this.#profile, this.#mark);
    if (mark === this.#mark) return undefined;
    const isRenamed = ({ conversation, name }: ConversationSummary) => {
      const known = this.names.nameOf(conversation);
      return known !== undefined && this.names.summaryOf(known)?.name !== name;
    };
    if (gone.length > 0 || rows.some(isRenamed)) return this.all();
    this.#mark = mark;
    return this.#tell(rows, false);
  }

  #tell(summaries: readonly ConversationSummary[], isWhole: boolean): RowsData {
    const rows: ConversationRow[] = summaries.map((summary) => {
      if (summary.queued > 0) this.#queued.set(summary.conversation, summary.queued);
      else this.#queued.delete(summary.conversation);
      return rowOf(summary, this.names.nameFor(summary));
    });
    return { what: "conversations", rows, isWhole };
  }
}
