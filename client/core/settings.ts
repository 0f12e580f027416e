import { transact } from "../store/database.ts";
import {
  isOn,
  readScreenSettings,
  type ScreenSetting,
  type Settings,
  saveScreenSetting,
  saveSetting,
} from "../store/settings.ts";
import { tellOwnDevices } from "./own-devices/tell.ts";
import { admitRequesting } from "./people/standing.ts";
import type { Profile } from "./profile.ts";

export type { ScreenSetting, Settings };

export function readSettings({ db }: Profile): Settings {
  const value = (name: keyof Settings) => (isOn(db, name) ? "on" : "off");
  return {
    receipts: value("receipts"),
    typing: value("typing"),
    presence: value("presence"),
    requests: value("requests"),
  };
}

/** Counts at once, in every process of the profile. */
export function changeSetting(profile: Profile, name: keyof Settings, value: "on" | "off"): void {
  transact(profile.db, () => {
    saveSetting(profile.db, name, value);
    tellOwnDevices(profile, { about: "setting", name });
    if (name === "requests" && value === "off") admitRequesting(profile);
  });
}

/** What a full-screen client remembers; what was never chosen is not there. */
export function screenSettings({ db }: Profile): Partial<Record<ScreenSetting, string>> {
  return readScreenSettings(db);
}

export function changeScreenSetting({ db }: Profile, name: ScreenSetting, value: string): void {
  transact(db, () => saveScreenSetting(db, name, value));
}
