import type { Profile } from "../../core/profile.ts";
import { changeScreenSetting, changeSetting, readSettings, screenSettings } from "../../core/settings.ts";
import { defaultSettings } from "../model/initial.ts";
import type { Settings, ThemeName } from "../model/settings.ts";
import type { Doing } from "./doing.ts";

/** As they stand in the profile, whoever changed them. */
export function settingsOf(profile: Profile): Settings {
  const { receipts, typing, presence, requests } = readSettings(profile);
  const { theme, mouse, bell, notifyContent } = screenSettings(profile);
  return {
    theme: isTheme(theme) ? theme : defaultSettings.theme,
    mouse: isOn(mouse, defaultSettings.mouse),
    bell: isOn(bell, defaultSettings.bell),
    notifyContent: isOn(notifyContent, defaultSettings.notifyContent),
    receipts: receipts === "on",
    typing: typing === "on",
    presence: presence === "on",
    requests: requests === "on",
  };
}

/** Then they are read anew: the screen shows what the profile says. */
export const saveSetting: Doing<"save setting"> = ({ profile }, { name, value }, tell) => {
  if (profile === undefined) return;
  if (name === "receipts" || name === "typing" || name === "presence" || name === "requests")
    changeSetting(profile, name, value === "on" ? "on" : "off");
  else if (name === "theme" || name === "mouse" || name === "bell" || name === "notifyContent")
    changeScreenSetting(profile, name, value);
  tell({ kind: "chat", data: { what: "settings", settings: settingsOf(profile) } });
};

function isOn(value: string | undefined, otherwise: boolean): boolean {
  return value === undefined ? otherwise : value === "on";
}

function isTheme(value: string | undefined): value is ThemeName {
  return value === "dark" || value === "light" || value === "contrast" || value === "plain";
}
