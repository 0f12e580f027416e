import type { TextProps } from "ink";

const colors = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/** What a theme says of a text, as the terminal is told it. */
export function paint(text: string, props: TextProps): string {
  const codes = codesOf(props);
  return codes === "" || text === "" ? text : `\u001b[${codes}m${text}\u001b[0m`;
}

function codesOf({
  color,
  backgroundColor,
  bold,
  dimColor,
  italic,
  underline,
  inverse,
  strikethrough,
}: TextProps) {
  return [
    bold && 1,
    dimColor && 2,
    italic && 3,
    underline && 4,
    inverse && 7,
    strikethrough && 9,
    color && colorCode(color, 30),
    backgroundColor && colorCode(backgroundColor, 40),
  ]
    .filter(Boolean)
    .join(";");
}

/** A name of the terminal's own palette, with `Bright` at its end perhaps, or `#rrggbb`. */
function colorCode(color: string, base: 30 | 40): string {
  const [, red, green, blue] = /^#(\w\w)(\w\w)(\w\w)$/.exec(color) ?? [];
  if (red !== undefined && green !== undefined && blue !== undefined) {
    return `${base + 8};2;${[red, green, blue].map((part) => Number.parseInt(part, 16)).join(";")}`;
  }
  if (color === "gray" || color === "grey") return String(base + 60);
  const isBright = color.endsWith("Bright");
  const place = colors.indexOf(color.replace("Bright", ""));
  return place === -1 ? "" : String(base + place + (isBright ? 60 : 0));
}
