import type { AccountId } from "../../../keys/index.ts";
import type { Profile } from "../profile.ts";

/** What the account's other devices should hear of; the values are read from the store when they are told. */
export type OwnChange =
  | { readonly about: "contact"; readonly account: AccountId }
  | { readonly about: "read" | "mute" | "group"; readonly conversation: number }
  | { readonly about: "settings" };

/** Inside the transaction that made the change. */
export function tellOwnDevices(_profile: Profile, _change: OwnChange): void {}
