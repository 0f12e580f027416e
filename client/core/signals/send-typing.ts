import { ready } from "../../../keys/index.ts";
import { readConversation } from "../../store/conversations.ts";
import { ChatError } from "../chat-error.ts";
import { findConversationWith, isGroup, resolveTo } from "../conversations/conversations.ts";
import { memberState } from "../groups/memberships.ts";
import { type Connect, noteRosters } from "../outbox/drain-outbox.ts";
import type { Profile } from "../profile.ts";
import { sealSignal } from "./signal-frames.ts";

/**
 * Says once, over a stream of its own, that one is typing: for programs that come and go. False: there was nobody to say
 * it to, see `sealSignal`. Nothing tells whether it was seen. Throws `unknown_conversation`, `not_allowed`, `bad_name`,
 * `ambiguous_name`; rejects with NetError when the relay cannot be reached.
 */
export async function sendTyping(profile: Profile, connect: Connect, to: string): Promise<boolean> {
  const found = findConversationWith(profile, resolveTo(profile, to));
  if (found === undefined) {
    throw new ChatError("unknown_conversation", `There is no conversation with ${to}.`, {
      hint: "`chat list` lists yours; `chat send` begins one.",
    });
  }
  if (isGroup(found.kind)) memberState(profile, found);
  await ready();
  const connection = await connect();
  try {
    const stream = await connection.openStream({ live: false, lease: 0n });
    try {
      noteRosters(profile, stream.heads);
      const stored = readConversation(profile.db, found.conversation);
      const frame = sealSignal(profile, stored, { kind: "typing", isOn: true }, profile.runtime.now());
      if (frame !== undefined) stream.signal(frame);
      return frame !== undefined;
    } finally {
      // The relay hangs up when it has taken in everything.
      await stream.close();
    }
  } finally {
    connection.close();
  }
}
