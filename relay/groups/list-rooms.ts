import { validGroupName } from "../../keys/public.ts";
import type { ListRoomsRequest } from "../../proto/gen/sotto/relay/v1/groups_pb.ts";
import type { Queries } from "../db/pool.ts";
import { malformed } from "../errors.ts";
import { DEFAULT_ROOMS_PAGE, MAX_ROOMS_PAGE } from "./limits.ts";
import { type RoomRow, selectRooms } from "./sql/select-rooms.ts";

/** A page token is the last name of the page before: a room that is made meanwhile shifts nothing. */
export async function listRooms(db: Queries, { pageSize, pageToken, name }: ListRoomsRequest) {
  if (pageSize > MAX_ROOMS_PAGE) throw malformed(`at most ${MAX_ROOMS_PAGE} rooms a page`);
  if (pageToken !== "" && !validGroupName(pageToken)) throw malformed("not a page token");
  if (name !== "" && !validGroupName(name)) throw malformed("not a name of a room");
  const size = pageSize === 0 ? DEFAULT_ROOMS_PAGE : pageSize;
  const only = name === "" ? null : name;
  const rows = await selectRooms(db, { after: pageToken, only, size: size + 1 });
  const rooms = rows.slice(0, size).map(room);
  return { rooms, nextPageToken: rows.length > size ? (rooms.at(-1)?.name ?? "") : "" };
}

function room({ conversation_id, name, members, created_at }: RoomRow) {
  return { conversationId: conversation_id, name, members, createdAt: created_at };
}
