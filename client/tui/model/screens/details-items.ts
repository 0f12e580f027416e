import { rowOf } from "../conversation-list.ts";
import type { ConversationRow, GroupDetails, MemberRole, SafetyNumber } from "../data.ts";
import { valueIn } from "../loadable.ts";
import type { State } from "../state.ts";
import type { DetailsScreen } from "./screen.ts";

/** A row of the details that can be chosen. */
export type DetailsItem =
  | { readonly kind: "write" }
  /** Of the safety number; `forget`: it was compared, and does not count as that any more. */
  | { readonly kind: "same" | "differ" | "forget" }
  | { readonly kind: "block" | "unblock" | "accept" }
  | { readonly kind: "notify"; readonly level: ConversationRow["notify"] }
  | ({ readonly kind: "member" } & GroupDetails["members"][number])
  | {
      readonly kind: "invited";
      readonly name: string;
      readonly by: string;
      readonly mayTakeBack: boolean;
    }
  | { readonly kind: "invite" }
  | PolicyItem
  | { readonly kind: "rename" }
  | { readonly kind: "leave"; readonly isOnlyOwner: boolean }
  | { readonly kind: "past"; readonly at: number; readonly text: string };

export interface PolicyItem {
  readonly kind: "policy";
  readonly what: keyof GroupDetails["policy"];
  readonly value: string;
  readonly mayChange: boolean;
}

/** As people write it. */
export function signed(group: string): string {
  return group.startsWith("#") ? group : `#${group}`;
}

const ranks: Readonly<Record<MemberRole, number>> = { member: 1, admin: 2, owner: 3 };

export function isAtLeast(role: MemberRole | undefined, least: MemberRole): boolean {
  return role !== undefined && ranks[role] >= ranks[least];
}

/** In the order in which they stand: only what this person may do. */
export function detailsItems({ about, name }: DetailsScreen, state: State): readonly DetailsItem[] {
  const level = rowOf(state, name)?.notify;
  if (about.kind === "person") {
    const notify = level === undefined ? [] : [{ kind: "notify", level } as const];
    const number = valueIn(about.number);
    return [{ kind: "write" }, ...notify, ...comparing(number), ...standingItems(number)];
  }
  const group = valueIn(about.group);
  return group === undefined ? [] : groupItems(group, level ?? group.notify, state.me);
}

/** What one may have found out: nothing before there is a number to compare. */
function comparing(number: SafetyNumber | undefined): readonly DetailsItem[] {
  if (number === undefined) return [];
  return number.verifiedAt === undefined
    ? [{ kind: "same" }, { kind: "differ" }]
    : [{ kind: "forget" }, { kind: "differ" }];
}

function standingItems(number: SafetyNumber | undefined): readonly DetailsItem[] {
  switch (number?.standing) {
    case "stranger":
      return [{ kind: "accept" }, { kind: "block" }];
    case "accepted":
      return [{ kind: "block" }];
    case "blocked":
      return [{ kind: "unblock" }];
    case undefined:
      return [];
  }
}

function groupItems(group: GroupDetails, level: ConversationRow["notify"], me: string): DetailsItem[] {
  const { mine, policy, members, invited, history } = group;
  const owners = members.filter(({ role }) => role === "owner");
  const isOnlyOwner = mine === "owner" && owners.length === 1 && members.length > 1;
  const rules = (["invite", "post", "pin", "history"] as const).map(
    (what): PolicyItem => ({ kind: "policy", what, value: policy[what], mayChange: mine === "owner" }),
  );
  return [
    ...members.map((member): DetailsItem => ({ kind: "member", ...member })),
    ...invited.map(
      ({ name, by }): DetailsItem => ({
        kind: "invited",
        name,
        by,
        mayTakeBack: isAtLeast(mine, "admin") || by === me,
      }),
    ),
    ...(isAtLeast(mine, policy.invite) ? [{ kind: "invite" } as const] : []),
    { kind: "notify", level },
    ...rules,
    ...(isAtLeast(mine, "admin") ? [{ kind: "rename" } as const] : []),
    ...(mine === undefined ? [] : [{ kind: "leave", isOnlyOwner } as const]),
    ...history.map((past): DetailsItem => ({ kind: "past", ...past })),
  ];
}
