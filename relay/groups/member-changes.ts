import {
  type AccountId,
  type GroupMember,
  type MembershipState,
  memberOf,
  rankOf,
} from "../../keys/public.ts";

/** What one entry changed among the members. */
export interface MemberChanges {
  readonly joined: readonly RoledMember[];
  readonly left: readonly AccountId[];
  /** Those who stayed and have another role. */
  readonly moved: readonly RoledMember[];
}

interface RoledMember {
  readonly accountId: AccountId;
  readonly role: number;
}

export function memberChanges(before: MembershipState | undefined, after: MembershipState): MemberChanges {
  const earlier = ({ accountId }: GroupMember): GroupMember | undefined =>
    before && memberOf(before, accountId);
  const withNumber = ({ accountId, role }: GroupMember) => ({ accountId, role: rankOf(role) });
  return {
    joined: after.members.filter((member) => earlier(member) === undefined).map(withNumber),
    left: (before?.members ?? [])
      .filter(({ accountId }) => memberOf(after, accountId) === undefined)
      .map(({ accountId }) => accountId),
    moved: after.members
      .filter((member) => (earlier(member)?.role ?? member.role) !== member.role)
      .map(withNumber),
  };
}
