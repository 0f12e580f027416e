import type { MessageEntry } from "../data.ts";
import { geometryOf } from "../geometry.ts";
import { detailLines } from "../layout/message-details.ts";
import type { Line } from "../line.ts";
import type { State } from "../state.ts";
import type { Behaviour } from "./behaviour.ts";
import { stepOf } from "./moving.ts";
import type { MessageScreen } from "./screen.ts";

/** Left and right of the lines. */
export const INDENT = 2;

/** Of the chosen message, if it is such a one. */
export function messageScreenOf(
  state: State,
  suits: (message: MessageEntry) => boolean = () => true,
): MessageScreen | undefined {
  const key = state.open?.selected;
  const found = key === undefined ? undefined : messageWith(state, key);
  return found === undefined || !suits(found) ? undefined : { kind: "message", key: found.key, above: 0 };
}

/** Whether one asks why it cannot be read. */
export function isUnreadable({ content, deleted }: MessageEntry): boolean {
  return content !== "text" && !deleted;
}

/** As it is now; undefined if it is gone. */
export function messageWith({ open }: State, key: string): MessageEntry | undefined {
  const entry = open?.entries.find((each) => each.key === key);
  return entry?.kind === "message" ? entry : undefined;
}

export const message: Behaviour<MessageScreen> = {
  contexts: () => ["list"],
  run(screen, command, state) {
    const page = Math.max(1, geometryOf(state).main.height - 2);
    const by = stepOf(command, page);
    if (by !== undefined) return { screen: moved(screen, state, by) };
    return command === "choose" || command === "message details" || command === "why"
      ? { screen: "close" }
      : undefined;
  },
  type: (screen) => ({ screen }),
  choose: (screen) => ({ screen }),
  take: () => undefined,
  fail: () => undefined,
};

/** All its lines; none: the message is gone. */
export function linesOf({ key }: MessageScreen, state: State, width: number): readonly Line[] {
  const found = messageWith(state, key);
  if (found === undefined) return [];
  return detailLines(found, state.me, state.now, Math.max(1, width - 2 * INDENT));
}

function moved(screen: MessageScreen, state: State, by: number): MessageScreen {
  const { width, height } = geometryOf(state).main;
  const most = Math.max(0, linesOf(screen, state, width).length - height);
  return { ...screen, above: Math.max(0, Math.min(most, screen.above + by)) };
}
