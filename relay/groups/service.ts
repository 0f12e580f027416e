import { randomBytes } from "../../keys/public.ts";
import { GroupsService } from "../../proto/gen/sotto/relay/v1/groups_pb.ts";
import type { Bus } from "../fanout/bus.ts";
import { MAX_CONVERSATIONS_OPENED } from "../messaging/limits.ts";
import type { Parts } from "../parts.ts";
import { type Service, service } from "../service.ts";
import { appendEntry } from "./append-entry.ts";
import { getMembership } from "./get-membership.ts";
import { listRooms } from "./list-rooms.ts";

export interface GroupsOptions {
  readonly maxOpened?: number;
}

export function groupsService(
  { database, clock }: Pick<Parts, "database" | "clock">,
  bus: Bus,
  { maxOpened = MAX_CONVERSATIONS_OPENED }: GroupsOptions = {},
): Service {
  return service(GroupsService, {
    appendEntry: {
      access: "devices",
      handle: (request, caller) =>
        appendEntry({ database, bus, random: randomBytes, clock, maxOpened }, request, caller),
    },
    getMembership: {
      access: "devices",
      handle: (request, caller) => getMembership(database, request, caller),
    },
    listRooms: { access: "devices", handle: (request) => listRooms(database, request) },
  });
}
