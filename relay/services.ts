import { authService } from "./auth/service.ts";
import { directoryService } from "./directory/service.ts";
import type { Bus } from "./fanout/bus.ts";
import { groupsService } from "./groups/service.ts";
import { messagingService } from "./messaging/service.ts";
import type { Parts } from "./parts.ts";
import type { Service } from "./service.ts";

/** Every service that a relay offers. */
export function allServices(parts: Parts, bus: Bus): Service[] {
  return [
    authService(parts, bus),
    directoryService(parts, bus),
    messagingService(parts, bus),
    groupsService(parts, bus),
  ];
}
