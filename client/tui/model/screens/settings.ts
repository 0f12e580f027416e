import type { Settings, ThemeName } from "../settings.ts";
import type { State } from "../state.ts";
import type { Behaviour, Step } from "./behaviour.ts";
import type { SettingsScreen } from "./screen.ts";

export interface SettingRow {
  readonly name: keyof Settings;
  readonly label: string;
  readonly explanation: string;
  /** What it is, in words, and what choosing it makes it. */
  readonly value: string;
  readonly next: string;
}

const themes: readonly ThemeName[] = ["dark", "light", "contrast", "plain"];
const themeWords: Readonly<Record<ThemeName, string>> = {
  dark: "dark",
  light: "light",
  contrast: "high contrast",
  plain: "no colour",
};

const switches = [
  { name: "mouse", label: "Mouse", explanation: "Click and scroll. Off: the terminal selects text." },
  { name: "bell", label: "Notifications", explanation: "A bell, or more, while you look elsewhere." },
  {
    name: "notifyContent",
    label: "Their content",
    explanation: "Notifications hold the message, not just who wrote.",
  },
  {
    name: "receipts",
    label: "Receipts",
    explanation: "Others hear that their messages arrived and were read.",
  },
  { name: "typing", label: "Typing", explanation: "You and others hear when somebody is writing." },
  { name: "presence", label: "Presence", explanation: "You and others see who is here." },
  {
    name: "requests",
    label: "Requests",
    explanation: "Strangers wait until you accept them. Off: everybody is let in.",
  },
] as const satisfies readonly {
  name: Exclude<keyof Settings, "theme">;
  label: string;
  explanation: string;
}[];

export const settings: Behaviour<SettingsScreen> = {
  contexts: () => ["list"],
  run(screen, command, state) {
    switch (command) {
      case "up":
        return { screen: { ...screen, chosen: Math.max(0, screen.chosen - 1) } };
      case "down":
        return { screen: { ...screen, chosen: Math.min(switches.length, screen.chosen + 1) } };
      case "choose":
      case "mark":
        return choose(screen, screen.chosen, state);
      default:
        return undefined;
    }
  },
  type: (screen) => ({ screen }),
  choose,
  take: () => undefined,
  fail: () => undefined,
};

/** The setting itself changes when it is saved: then it is the same in every process. */
function choose(screen: SettingsScreen, index: number, state: State): Step<SettingsScreen> {
  const row = settingRows(state)[index];
  if (row === undefined) return { screen };
  const { name, next } = row;
  return { screen: { ...screen, chosen: index }, effects: [{ kind: "save setting", name, value: next }] };
}

export function settingRows({ settings }: State): readonly SettingRow[] {
  const { theme } = settings;
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? theme;
  return [
    {
      name: "theme",
      label: "Theme",
      explanation: "Where NO_COLOR is set it is always the one without.",
      value: themeWords[theme],
      next,
    },
    ...switches.map((row) => {
      const [value, other] = settings[row.name] ? ["on", "off"] : ["off", "on"];
      return { ...row, value, next: other };
    }),
  ];
}
