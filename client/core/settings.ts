import { transact } from "../store/database.ts";
import { isOn, type Settings, saveSetting } from "../store/settings.ts";
import type { Profile } from "./profile.ts";

export type { Settings };

export function readSettings({ db }: Profile): Settings {
  const value = (name: keyof Settings) => (isOn(db, name) ? "on" : "off");
  return { receipts: value("receipts"), typing: value("typing"), presence: value("presence") };
}

/** Counts at once, in every process of the profile. */
export function changeSetting(profile: Profile, name: keyof Settings, value: "on" | "off"): void {
  transact(profile.db, () => saveSetting(profile.db, name, value));
}
