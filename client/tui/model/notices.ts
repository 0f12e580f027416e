import { type SafeText, safeText } from "../../safe-text.ts";
import { wrap } from "./layout/text.ts";
import type { Notice, State } from "./state.ts";

const MAX_NOTICES = 3;
/** Of one notice; what is longer ends in `…`. */
const MAX_ROWS = 2;

export type Gravity = Notice["gravity"] | "offline";

export interface NoticeRow {
  readonly text: SafeText;
  readonly gravity: Gravity;
  readonly isFirst: boolean;
}

export function note(text: string, gravity: Notice["gravity"], at: number): Notice {
  return { text, hint: undefined, gravity, at };
}

/** The same again is told anew instead of twice. When there are too many, an alarm stays longest. */
export function withNotice(state: State, notice: Notice): State {
  const notices = [...state.notices.filter(({ text }) => text !== notice.text), notice];
  if (notices.length > MAX_NOTICES) {
    const least = notices.slice(0, -1).findIndex(({ gravity }) => gravity !== "alarm");
    notices.splice(Math.max(0, least), 1);
  }
  return { ...state, notices };
}

export function said(state: State, text: string): State {
  return withNotice(state, note(text, "note", state.now));
}

/** What is to be said over the status bar, as rows of this width; the most important last, where one looks. */
export function noticeRows(state: State, width: number): readonly NoticeRow[] {
  const all = [...state.notices.map((notice) => ({ ...notice, weight: weights[notice.gravity] }))];
  all.sort((one, other) => one.weight - other.weight);
  const offline = offlineText(state);
  return [
    ...(offline === undefined ? [] : rowsOf(offline, "offline", width)),
    ...all.flatMap(({ text, hint, gravity }) =>
      rowsOf(hint === undefined ? text : `${text} ${hint}`, gravity, width),
    ),
  ];
}

const weights: Readonly<Record<Notice["gravity"], number>> = { note: 0, error: 1, alarm: 2 };

function rowsOf(text: string, gravity: Gravity, width: number): NoticeRow[] {
  const lines = wrap(safeText(text), Math.max(1, width));
  const shown = lines.slice(0, MAX_ROWS).map((line, at) => ({ text: line, gravity, isFirst: at === 0 }));
  const last = shown.at(-1);
  if (lines.length > MAX_ROWS && last !== undefined)
    shown[shown.length - 1] = { ...last, text: safeText(`${last.text.slice(0, -1)}…`) };
  return shown;
}

/** What a person wants to know while there is no connection: why, and what becomes of what is written. */
function offlineText({ connection: { state, why, queued } }: State): string | undefined {
  if (state === "signed out")
    return `${sentence(why ?? "This device was signed out.")} /logout erases it, then Sotto begins anew.`;
  if (state === "login lost")
    return `${sentence(why ?? "The login has ended.")} /login goes on with the password.`;
  if (state !== "offline" && state !== "refused") return undefined;
  const waiting =
    queued === 0
      ? "What you send waits and goes out by itself."
      : queued === 1
        ? "1 message waits and goes out by itself."
        : `${queued} messages wait and go out by themselves.`;
  const what = state === "offline" ? "Offline" : "The relay refuses this client";
  return `${what}${why === undefined ? "." : `: ${sentence(why)}`} ${waiting}`;
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
