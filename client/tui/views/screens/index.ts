import type { Line } from "../../model/line.ts";
import type { Screen } from "../../model/screens/screen.ts";
import type { State } from "../../model/state.ts";
import { confirmLines } from "./confirm.ts";
import { helpLines } from "./help.ts";
import { messageScreenLines } from "./message.ts";
import { paletteLines } from "./palette.ts";
import { reactLines } from "./react.ts";
import { settingsLines } from "./settings.ts";

type View<S extends Screen> = (screen: S, state: State, width: number, height: number) => readonly Line[];

const views: { readonly [Kind in Screen["kind"]]?: View<Extract<Screen, { kind: Kind }>> } = {
  confirm: (screen, _state, width, height) => confirmLines(screen, width, height),
  help: helpLines,
  message: messageScreenLines,
  palette: paletteLines,
  react: reactLines,
  settings: settingsLines,
};

/** At most so many lines, each as wide as that at most. */
export function screenLines(screen: Screen, state: State, width: number, height: number): readonly Line[] {
  // The table pairs each kind with its own view, which the compiler cannot follow through an index.
  const view = views[screen.kind] as View<Screen> | undefined;
  return view?.(screen, state, width, height) ?? [];
}
