import type { TextProps } from "ink";
import type { Style } from "./model/line.ts";
import type { ThemeName } from "./model/state.ts";

/** How a style looks. */
export function propsOf(style: Style, _theme: ThemeName): TextProps {
  return style === "dim" ? { dimColor: true } : style === "strong" ? { bold: true } : {};
}
