/** The services that a relay process may offer, in the order in which people name them. */
export const serviceNames = ["auth", "directory", "groups", "messaging"] as const;
export type ServiceName = (typeof serviceNames)[number];
