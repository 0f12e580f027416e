import { authService } from "./auth/service.ts";
import { directoryService } from "./directory/service.ts";
import type { Bus } from "./fanout/bus.ts";
import { groupsService } from "./groups/service.ts";
import { healthService } from "./health/service.ts";
import { messagingService } from "./messaging/service.ts";
import type { Parts } from "./parts.ts";
import { reflectionService } from "./reflection/service.ts";
import type { Service } from "./service.ts";

/** Every service that a relay offers. */
export function allServices(parts: Parts, bus: Bus): Service[] {
  const own = [
    authService(parts, bus),
    directoryService(parts, bus),
    messagingService(parts, bus),
    groupsService(parts, bus),
  ];
  const descriptions = own.map(({ description }) => description);
  const names = descriptions.map(({ typeName }) => typeName);
  const health = healthService(parts.readiness, names);
  return [...own, health, reflectionService([...descriptions, health.description])];
}
