import {
  type AccountId,
  type MembershipState,
  mayPin,
  mayPost,
  memberOf,
  type Role,
} from "../../../keys/index.ts";
import type { StoredConversation } from "../../store/conversations.ts";
import { ChatError } from "../chat-error.ts";
import { isGroup, whereabouts } from "../conversations/conversations.ts";
import type { Profile } from "../profile.ts";
import { memberState, membershipOf } from "./memberships.ts";

/** What somebody may do with the messages of others. */
export interface Rights {
  /** Undefined in a direct conversation. */
  readonly role: Role | undefined;
  readonly mayPin: boolean;
}

/** Of an account by this membership; without one, in a direct conversation. */
export function rightsOf(state: MembershipState | undefined, account: AccountId): Rights {
  if (state === undefined) return { role: undefined, mayPin: true };
  return { role: memberOf(state, account)?.role, mayPin: mayPin(state, account) };
}

/** Whether this account may send there, as far as this profile has heard. */
export function mayWrite(profile: Profile, stored: StoredConversation): boolean {
  const state = membershipOf(profile, stored);
  return state === undefined || mayPost(state, profile.identity.accountId);
}

/** Of this account, which may send there at all. Throws `not_allowed` where it may not. */
export function ownRights(profile: Profile, stored: StoredConversation): Rights {
  const own = profile.identity.accountId;
  if (!isGroup(stored.kind)) return rightsOf(undefined, own);
  const state = memberState(profile, stored);
  if (mayPost(state, own)) return rightsOf(state, own);
  throw new ChatError("not_allowed", `Your role does not permit you to write ${whereabouts(stored)}.`);
}
