import type { ConversationSummary } from "../../core/conversations/summarize-conversations.ts";

interface Named {
  readonly name: string;
  readonly summary: ConversationSummary;
}

/**
 * What the model calls each conversation: as others do, as long as that is one alone. A person and a group may have the
 * same name, as may an invitation, a group that one has left, and another group.
 */
export class ConversationNames {
  readonly #byNumber = new Map<number, Named>();
  readonly #byName = new Map<string, number>();

  /** Once it has a name it keeps it, until it is called otherwise itself. */
  nameFor(summary: ConversationSummary): string {
    const { conversation } = summary;
    const known = this.#byNumber.get(conversation);
    if (known !== undefined && known.summary.name === summary.name) {
      this.#byNumber.set(conversation, { name: known.name, summary });
      return known.name;
    }
    if (known !== undefined) this.#byName.delete(known.name);
    const name = this.#free(summary);
    this.#byNumber.set(conversation, { name, summary });
    this.#byName.set(name, conversation);
    return name;
  }

  /** Those that are called otherwise now leave their names to others. */
  forgetRenamed(summaries: readonly ConversationSummary[]): void {
    for (const { conversation, name } of summaries) {
      const known = this.#byNumber.get(conversation);
      if (known === undefined || known.summary.name === name) continue;
      this.#byName.delete(known.name);
      this.#byNumber.delete(conversation);
    }
  }

  numberOf(name: string): number | undefined {
    return this.#byName.get(name);
  }

  nameOf(conversation: number): string | undefined {
    return this.#byNumber.get(conversation)?.name;
  }

  summaryOf(name: string): ConversationSummary | undefined {
    const number = this.#byName.get(name);
    return number === undefined ? undefined : this.#byNumber.get(number)?.summary;
  }

  /** As use cases take it, so that it can be nobody else. */
  destinationOf(name: string): string {
    const summary = this.summaryOf(name);
    switch (summary?.kind) {
      case undefined:
        return name;
      case "self":
        return "me";
      case "dm":
        return `@${summary.name}`;
      case "group":
      case "room":
        return `#${summary.name}`;
    }
  }

  #free({ conversation, name, kind, standing, invitedBy }: ConversationSummary): string {
    const more = [
      ...(standing === "invited" ? [`${name}/${invitedBy ?? "?"}`] : []),
      ...(kind === "dm" ? [`@${name}`] : []),
      `${name}/${conversation}`,
    ];
    return [name, ...more].find((each) => !this.#byName.has(each)) ?? `${name}/${conversation}`;
  }
}
