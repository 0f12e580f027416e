import type { CommandName } from "../model/command.ts";
import { keyLabel, keysFor } from "../model/keymap.ts";
import { span } from "../model/layout/spans.ts";
import type { Line } from "../model/line.ts";
import type { State } from "../model/state.ts";
import { emptyLine, shorten } from "./parts.ts";

const waiting: readonly (readonly [CommandName, string])[] = [["requests", "see who has written to you"]];

const ways: readonly (readonly [CommandName, string])[] = [
  ["people", "write to somebody on this relay"],
  ["rooms", "join a room"],
  ["new group", "make a group"],
  ["help", "see all keys"],
];

/** There is no conversation yet, or none is open: what to do about it. */
export function emptyLines(state: State, width: number, height: number): readonly Line[] {
  if (!state.hasAllConversations && state.conversations.length === 0) return [];
  const isNew = state.conversations.length === 0;
  const title = isNew ? `Welcome${state.me === "" ? "" : `, ${state.me}`}.` : "No conversation is open.";
  const lines: Line[] = [
    { spans: [span(title, "strong")] },
    {
      spans: [span(inviting(state), "dim")],
    },
    emptyLine,
    ...[...(state.requests.length > 0 ? waiting : []), ...ways].flatMap(([command, text]): Line[] => {
      const [key] = keysFor(state.keymap, command);
      if (key === undefined) return [];
      const spans = [span(keyLabel(key).padEnd(8), "accent"), span(text)];
      return [{ spans, target: { kind: "command", command } }];
    }),
  ];
  const above = Math.max(0, Math.min(4, Math.floor((height - lines.length) / 2)));
  return [...Array.from({ length: above }, () => emptyLine), ...lines].slice(0, height).map((line) => ({
    ...line,
    spans: shorten([span("    "), ...line.spans], width),
  }));
}

function inviting({ conversations, requests }: State): string {
  if (conversations.length > 0) return "Choose one, or begin another:";
  return requests.length > 0
    ? "Somebody whom you do not know has written:"
    : "Nobody has written yet, so you begin:";
}
