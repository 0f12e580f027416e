import type { Connection } from "../model/data.ts";
import { span, widthOf } from "../model/layout/spans.ts";
import type { Line, Span, Style } from "../model/line.ts";
import type { State } from "../model/state.ts";
import { hintSpans } from "./header.ts";
import { hintsOf } from "./hints.ts";
import { apart } from "./parts.ts";
import { counted } from "./words.ts";

const GAP = "   ";

/** The connection, what waits, how this conversation is protected, and the keys of use here: as much as there is room for. */
export function statusLine(state: State, width: number): Line {
  const facts = [connectionSpans(state), queuedSpans(state), encryptionSpans(state)].filter(
    ({ length }) => length > 0,
  );
  let hints = hintsOf(state);
  const left = (): Span[] => facts.flatMap((fact, at) => [span(at === 0 ? " " : GAP), ...fact]);
  const right = (): readonly Span[] => (hints.length === 0 ? [] : [...hintSpans(hints), span(" ")]);
  const fits = (): boolean => widthOf(left()) + widthOf(right()) + GAP.length <= width;
  while (!fits() && hints.length > 1) hints = hints.slice(0, -1);
  while (!fits() && facts.length > 1) facts.pop();
  if (!fits()) hints = [];
  return { spans: apart(left(), right(), width) };
}

const states: Readonly<Record<Connection["state"], readonly [string, string, Style]>> = {
  starting: ["◌", "starting", "dim"],
  connecting: ["◌", "connecting", "warn"],
  connected: ["●", "connected", "good"],
  elsewhere: ["●", "connected by another process", "good"],
  offline: ["○", "offline", "bad"],
  refused: ["✕", "refused", "bad"],
  "login lost": ["✕", "not logged in", "bad"],
  "signed out": ["✕", "signed out", "bad"],
};

export function connectionText({ state }: Connection): string {
  return states[state][1];
}

/** Before there is an account there is nothing to connect. */
function connectionSpans({ me, connection: { state } }: State): readonly Span[] {
  if (me === "") return [];
  const [sign, text, style] = states[state];
  return [span(sign, style), span(` ${text}`, "dim")];
}

function queuedSpans({ connection: { queued } }: State): readonly Span[] {
  return queued === 0 ? [] : [span(`${counted(queued, "message")} queued`, "warn")];
}

/** Screens are about other things. */
function encryptionSpans({ open, screens }: State): readonly Span[] {
  const text = open?.head?.encryption ?? "";
  return text === "" || screens.length > 0 ? [] : [span(text, "dim")];
}
