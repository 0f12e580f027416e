import { authService } from "./auth/service.ts";
import { directoryService } from "./directory/service.ts";
import type { Bus } from "./fanout/bus.ts";
import { groupsService } from "./groups/service.ts";
import { healthService } from "./health/service.ts";
import { messagingService } from "./messaging/service.ts";
import type { Parts } from "./parts.ts";
import { reflectionService } from "./reflection/service.ts";
import type { Service } from "./service.ts";
import { type ServiceName, serviceNames } from "./service-names.ts";

const makers: Readonly<Record<ServiceName, (parts: Parts, bus: Bus) => Service>> = {
  auth: authService,
  directory: directoryService,
  groups: groupsService,
  messaging: (parts, bus) => messagingService(parts, bus, parts),
};

/** What this process offers: these services, and health and reflection of them. The others are made by no one here. */
export function offeredServices(parts: Parts, bus: Bus, names: ReadonlySet<ServiceName>): Service[] {
  const own = serviceNames.filter((name) => names.has(name)).map((name) => makers[name](parts, bus));
  const descriptions = own.map(({ description }) => description);
  const health = healthService(
    parts.readiness,
    descriptions.map(({ typeName }) => typeName),
  );
  return [...own, health, reflectionService([...descriptions, health.description])];
}
