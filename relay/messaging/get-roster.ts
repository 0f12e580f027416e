import { conversationId } from "../../keys/public.ts";
import type { GetRosterRequest } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { Queries } from "../db/pool.ts";
import { comeAgain, malformed, unknownConversation } from "../errors.ts";
import type { Caller } from "../service.ts";
import { rosterMessage } from "./conversation-message.ts";
import { type Rosters, rosterKey } from "./rosters.ts";
import { selectConversations } from "./sql/select-conversations.ts";

export async function getRoster(db: Queries, rosters: Rosters, request: GetRosterRequest, caller: Caller) {
  const id = conversationId(request.conversationId);
  const [conversation] = await selectConversations(db, caller.accountId, caller.deviceId, [id]);
  if (conversation === undefined) throw unknownConversation();
  const newest = conversation.roster_version;
  if (request.version > newest) {
    const text = "a roster version that is not there";
    // Of who is still in, it was before the database was put back: the device hears of that with its next stream.
    throw conversation.end_sequence === null ? comeAgain(text) : malformed(text);
  }
  if (request.version !== 0n && request.version < conversation.start_roster) {
    throw malformed("a roster version from before the account joined");
  }
  const wanted = { conversationId: id, version: request.version === 0n ? newest : request.version };
  const roster = (await rosters.load(db, [wanted])).get(rosterKey(wanted));
  if (roster === undefined)
    throw new Error("a roster without devices is the newest of a device's conversation");
  return { roster: rosterMessage(roster) };
}
