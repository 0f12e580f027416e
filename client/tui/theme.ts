import type { TextProps } from "ink";
import type { Style } from "./model/line.ts";
import type { ThemeName } from "./model/settings.ts";

type Look = Readonly<TextProps>;
type Theme = Readonly<Record<Style, Look>>;

/**
 * Colours are those of the terminal's own palette, which its owner has chosen. One of them is the accent; the rest is
 * weight.
 */
const dark: Theme = {
  plain: {},
  dim: { dimColor: true },
  strong: { bold: true },
  accent: { color: "cyan", bold: true },
  chosen: { color: "cyan", bold: true },
  good: { color: "green" },
  warn: { color: "yellow" },
  bad: { color: "red", bold: true },
  link: { color: "cyan", underline: true },
  code: { color: "yellowBright" },
  match: { color: "yellow", bold: true, underline: true },
  ...names([
    "cyan",
    "cyanBright",
    "magenta",
    "greenBright",
    "blueBright",
    "green",
    "yellow",
    "magentaBright",
  ]),
};

/** Without the colours that fade on white. */
const light: Theme = {
  ...dark,
  accent: { color: "blue", bold: true },
  chosen: { color: "blue", bold: true },
  warn: { color: "magenta", bold: true },
  link: { color: "blue", underline: true },
  code: { color: "magenta" },
  match: { color: "red", bold: true, underline: true },
  ...names(["cyan", "blue", "magenta", "green", "blue", "green", "red", "magenta"]),
};

/** Nothing is faint, and what matters is inverse. */
const contrast: Theme = {
  ...dark,
  dim: {},
  accent: { color: "yellowBright", bold: true },
  chosen: { inverse: true, bold: true },
  good: { color: "greenBright", bold: true },
  warn: { color: "yellowBright", bold: true },
  bad: { color: "white", backgroundColor: "red", bold: true },
  link: { color: "cyanBright", underline: true },
  code: { bold: true },
  match: { inverse: true },
  ...names(Array.from({ length: 8 }, () => "whiteBright")),
};

const plain: Theme = {
  plain: {},
  dim: { dimColor: true },
  strong: { bold: true },
  accent: { bold: true },
  chosen: { bold: true },
  good: {},
  warn: { bold: true },
  bad: { bold: true },
  link: { underline: true },
  code: {},
  match: { bold: true, underline: true },
  ...names(Array.from({ length: 8 }, () => undefined)),
};

const themes: Readonly<Record<ThemeName, Theme>> = { dark, light, contrast, plain };

/** How a style looks. */
export function propsOf(style: Style, theme: ThemeName): TextProps {
  return themes[theme][style];
}

function names(colors: readonly (string | undefined)[]) {
  const look = (hue: number): Look => {
    const color = colors[hue];
    return color === undefined ? { bold: true } : { color, bold: true };
  };
  return {
    name0: look(0),
    name1: look(1),
    name2: look(2),
    name3: look(3),
    name4: look(4),
    name5: look(5),
    name6: look(6),
    name7: look(7),
  } satisfies Partial<Theme>;
}
