import { type AccountId, atLeast, compare, equal, toHex } from "../../../keys/index.ts";
import type { Annotation, Change } from "../../store/annotations.ts";

/** A message as its author made it. */
export interface Annotated {
  readonly accountId: AccountId;
  readonly text: string | undefined;
  /** Whether the text names this account. */
  readonly mentionsMe: boolean;
  /** Whether there is a text that could be another. */
  readonly isText: boolean;
}

/** A message as it stands. */
export interface Folded {
  readonly text: string | undefined;
  readonly edited: boolean;
  readonly deleted: boolean;
  /** In the order of the emoji's code points; of accounts in that of their ids. */
  readonly reactions: ReadonlyMap<string, readonly AccountId[]>;
  readonly votes: { readonly up: readonly AccountId[]; readonly down: readonly AccountId[] };
  readonly pinned: boolean;
  readonly mentionsMe: boolean;
}

/**
 * What everybody's annotations make of a message: the same on every device, in whatever order they came. Of several
 * values the highest version counts; of equal ones the higher device id, then the higher message id.
 */
export function foldAnnotations(message: Annotated, annotations: readonly Annotation[]): Folded {
  if (annotations.some((each) => each.change.kind === "delete" && mayDelete(message, each))) return tombstone;
  const edit = message.isText
    ? winner(ofKind(annotations, "edit").filter((each) => equal(each.accountId, message.accountId)))
    : undefined;
  return {
    text: edit === undefined ? message.text : edit.change.text,
    edited: edit !== undefined,
    deleted: false,
    reactions: foldReactions(annotations),
    votes: foldVotes(annotations),
    pinned: winner(ofKind(annotations, "pin"))?.change.pinned === true,
    mentionsMe: (edit ?? message).mentionsMe,
  };
}

const tombstone: Folded = {
  text: undefined,
  edited: false,
  deleted: true,
  reactions: new Map(),
  votes: { up: [], down: [] },
  pinned: false,
  mentionsMe: false,
};

/** One's own, or as an admin or owner of the group. */
export function mayDelete(
  message: Pick<Annotated, "accountId">,
  by: Pick<Annotation, "accountId" | "role">,
): boolean {
  return equal(by.accountId, message.accountId) || (by.role !== undefined && atLeast(by.role, "admin"));
}

type Of<Kind extends Change["kind"]> = Annotation & { readonly change: Extract<Change, { kind: Kind }> };

export function ofKind<Kind extends Change["kind"]>(all: readonly Annotation[], kind: Kind): Of<Kind>[] {
  return all.filter((each): each is Of<Kind> => each.change.kind === kind);
}

export function winner<Each extends Annotation>(candidates: readonly Each[]): Each | undefined {
  return candidates.toSorted(byVersion).at(-1);
}

/** From the one that counts least. */
export function byVersion(one: Annotation, other: Annotation): number {
  return (
    one.version - other.version ||
    compare(one.deviceId, other.deviceId) ||
    compare(one.messageId, other.messageId)
  );
}

/** What counts of each account, in the order of accounts. */
function ofEach<Each extends Annotation>(all: readonly Each[]): Each[] {
  return [...Map.groupBy(all, (each) => toHex(each.accountId)).values()]
    .flatMap((own) => winner(own) ?? [])
    .sort((one, other) => compare(one.accountId, other.accountId));
}

function foldReactions(annotations: readonly Annotation[]): Map<string, AccountId[]> {
  const reactions = new Map<string, AccountId[]>();
  for (const { accountId, change } of ofEach(ofKind(annotations, "reactions"))) {
    for (const emoji of change.emoji) reactions.set(emoji, [...(reactions.get(emoji) ?? []), accountId]);
  }
  return new Map([...reactions].sort(([one], [other]) => (one < other ? -1 : 1)));
}

function foldVotes(annotations: readonly Annotation[]): Folded["votes"] {
  const votes = ofEach(ofKind(annotations, "vote"));
  const of = (value: "up" | "down") =>
    votes.filter(({ change }) => change.value === value).map(({ accountId }) => accountId);
  return { up: of("up"), down: of("down") };
}
