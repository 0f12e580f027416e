// Whether what people were shown can be, after what was said to those who sent it.

/** One intent of a person, however often its command was run; all under the same key. */
export interface Sending {
  readonly from: string;
  /** The machine, of which the sender may have several. */
  readonly by: string;
  readonly conversation: string;
  /** Unlike any other. */
  readonly text: string;
  /** Milliseconds: when its command was started first. */
  readonly begun: number;
  /** When a command said how it went. */
  answered?: number;
  /** What it said: the relay has it, or it is safe in the outbox. Undefined: killed before it said a thing. */
  answer?: "sent" | "queued";
  id?: string;
}

/** A message as somebody is shown it. */
export interface Shown {
  readonly id: string;
  readonly from: string;
  readonly conversation: string;
  readonly text: string;
}

/** One life of a `chat tail`: ids of messages and events in the order in which it printed them. */
export type Life = readonly { readonly id: string; readonly message?: Shown }[];

export interface History {
  /** By conversation: the machines that take part. */
  readonly members: ReadonlyMap<string, readonly string[]>;
  readonly sendings: readonly Sending[];
  /** What was there before, which is no longer looked at. */
  readonly ignored: ReadonlySet<string>;
  /** By reader and conversation: all that is there in the end, in the order of the conversation. */
  readonly ends: ReadonlyMap<string, ReadonlyMap<string, readonly Shown[]>>;
  /** By reader: what one consumer printed, life after life. */
  readonly tails: ReadonlyMap<string, readonly Life[]>;
}

/** Sentences about what must not be; none if all is well. */
export function checkHistory(history: History): string[] {
  return [...checkEnds(history), ...checkAgreement(history), ...checkOrder(history), ...checkTails(history)];
}

function messagesOf({ ends, ignored }: History, reader: string, conversation: string): readonly Shown[] {
  return (ends.get(reader)?.get(conversation) ?? []).filter(({ text }) => !ignored.has(text));
}

/** Whatever was promised is there, and everything is there once. */
function checkEnds(history: History): string[] {
  const wrong: string[] = [];
  for (const [conversation, members] of history.members) {
    const expected = new Map(
      history.sendings.filter((each) => each.conversation === conversation).map((each) => [each.text, each]),
    );
    for (const reader of members) {
      const found = new Map<string, number>();
      for (const shown of messagesOf(history, reader, conversation)) {
        const sending = expected.get(shown.text);
        if (sending === undefined || sending.from !== shown.from) {
          wrong.push(`${reader} sees what nobody said in ${conversation}: "${shown.text}"`);
        } else if (sending.id !== undefined && sending.id !== shown.id) {
          wrong.push(`${reader} sees "${shown.text}" as ${shown.id}, its sender as ${sending.id}`);
        }
        found.set(shown.text, (found.get(shown.text) ?? 0) + 1);
      }
      for (const [text, { answer }] of expected) {
        const times = found.get(text) ?? 0;
        if (times > 1) wrong.push(`${reader} sees "${text}" ${times} times in ${conversation}`);
        if (times === 0 && answer !== undefined) {
          wrong.push(`${reader} does not see "${text}" in ${conversation}, which was ${answer}`);
        }
      }
    }
  }
  return wrong;
}

/** All members are shown the same in the same order; so what nobody answered for is there for all or for none. */
function checkAgreement(history: History): string[] {
  const wrong: string[] = [];
  for (const [conversation, [first = "", ...others]] of history.members) {
    const one = messagesOf(history, first, conversation).map(({ text }) => text);
    for (const other of others) {
      const another = messagesOf(history, other, conversation).map(({ text }) => text);
      const at = one.findIndex((text, index) => text !== another[index]);
      if (at >= 0 || one.length !== another.length) {
        const place = at >= 0 ? at : one.length;
        wrong.push(
          `${first} and ${other} see ${conversation} otherwise from message ${place + 1} on: ` +
            `"${one[place]}" and "${another[place]}"`,
        );
      }
    }
  }
  return wrong;
}

/** Of one machine: what was answered before another one was begun stands before it. */
function checkOrder(history: History): string[] {
  const wrong: string[] = [];
  const sendings = new Map(history.sendings.map((each) => [each.text, each]));
  for (const [conversation, members] of history.members) {
    for (const reader of members) {
      for (const sender of members) {
        const own = messagesOf(history, reader, conversation)
          .map(({ text }) => sendings.get(text))
          .filter((sending) => sending?.by === sender)
          .filter((sending) => sending !== undefined);
        let earliest: Sending | undefined;
        for (const sending of own.toReversed()) {
          if (earliest?.answered !== undefined && earliest.answered < sending.begun) {
            wrong.push(
              `${reader} sees "${sending.text}" before "${earliest.text}", which ${sender} sent earlier`,
            );
          }
          if (
            (sending.answered ?? Number.POSITIVE_INFINITY) < (earliest?.answered ?? Number.POSITIVE_INFINITY)
          ) {
            earliest = sending;
          }
        }
      }
    }
  }
  return wrong;
}

/** A consumer is shown everything, nothing twice in one life, and each sender's messages in their order. */
function checkTails(history: History): string[] {
  const wrong: string[] = [];
  const machines = new Map(history.sendings.map(({ text, by }) => [text, by]));
  for (const [reader, lives] of history.tails) {
    const seen = new Set<string>();
    for (const [number, life] of lives.entries()) {
      const inLife = new Set<string>();
      for (const { id } of life) {
        if (inLife.has(id)) wrong.push(`life ${number + 1} of ${reader}'s consumer printed ${id} twice`);
        inLife.add(id);
        seen.add(id);
      }
    }
    for (const [conversation, members] of history.members) {
      if (!members.includes(reader)) continue;
      const end = messagesOf(history, reader, conversation);
      for (const { id, text } of end) {
        if (machines.get(text) !== reader && !seen.has(id))
          wrong.push(`${reader}'s consumer never printed "${text}"`);
      }
      const places = new Map(end.map(({ id }, place) => [id, place]));
      for (const life of lives) wrong.push(...checkLife(reader, life, { places, machines }));
    }
  }
  return wrong;
}

function checkLife(
  reader: string,
  life: Life,
  {
    places,
    machines,
  }: { readonly places: ReadonlyMap<string, number>; readonly machines: ReadonlyMap<string, string> },
): string[] {
  const wrong: string[] = [];
  const newest = new Map<string, number>();
  for (const { message } of life) {
    const place = message && places.get(message.id);
    const by = message && machines.get(message.text);
    if (message === undefined || place === undefined || by === undefined || by === reader) continue;
    if (place < (newest.get(by) ?? -1)) {
      wrong.push(`${reader}'s consumer printed "${message.text}" after a later one of ${by}`);
    }
    newest.set(by, place);
  }
  return wrong;
}
