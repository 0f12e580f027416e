import { authService } from "./auth/auth-service.ts";
import type { Parts } from "./parts.ts";
import type { Service } from "./service.ts";

/** Every service that a relay offers. */
export function allServices(parts: Parts): Service[] {
  return [authService(parts)];
}
