/**
 * Who may be found. `open`: everybody is listed. `exact`: nobody is listed, and who knows a name may look it up. `off`:
 * nobody is found by name, only by whom he shares a conversation with.
 */
export const directoryDoors = ["open", "exact", "off"] as const;
export type DirectoryDoor = (typeof directoryDoors)[number];

/** Who may make an account: everybody, who has an invitation, or nobody. */
export const registrationDoors = ["open", "invite", "closed"] as const;
export type RegistrationDoor = (typeof registrationDoors)[number];

export interface Doors {
  readonly directory: DirectoryDoor;
  readonly registration: RegistrationDoor;
}

export const openDoors: Doors = { directory: "open", registration: "open" };
