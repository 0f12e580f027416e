// Making membership entries, SPEC §8.4. Needs secrets, so it is not behind keys/public.ts.
import { sign } from "./labelled.ts";
import { labels } from "./labels.ts";
import {
  encodeMembershipBody,
  encodeMembershipEntry,
  type MembershipContent,
  type MembershipSigner,
  noEntry,
  readMembershipEntry,
} from "./membership-entry.ts";
import { begin, follow } from "./membership-rules.ts";
import type { MembershipState } from "./membership-state.ts";

export interface MembershipInput {
  /** What the entry follows; undefined for create. */
  readonly state: MembershipState | undefined;
  readonly content: MembershipContent;
  /** The signing device, and the head of its account's chain as it stands. */
  readonly signer: MembershipSigner & { readonly signingSecretKey: Uint8Array };
  readonly createdAt: number;
}

/** Throws `malformed`, and `not_permitted` for what others would refuse. */
export function signMembershipEntry({ state, content, signer, createdAt }: MembershipInput): Uint8Array {
  const body = encodeMembershipBody({
    conversation: state?.conversation ?? null,
    sequence: state === undefined ? 0 : state.head.sequence + 1,
    previous: state?.head.hash ?? noEntry,
    signer,
    createdAt,
    content,
  });
  const bytes = encodeMembershipEntry(body, sign(labels.membershipEntry, body, signer.signingSecretKey));
  const entry = readMembershipEntry(bytes);
  if (state === undefined) begin(entry);
  else follow(state, entry);
  return bytes;
}
