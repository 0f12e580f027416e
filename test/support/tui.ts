// People at the full-screen client as it is built, each at a terminal of their own.
import { LAUNCHER, type Person } from "./chat.ts";
import { type TerminalOptions, VirtualTerminal } from "./virtual-terminal.ts";

const ESC = "\u001b";

/** What a terminal sends for keys, and when somebody looks at it or away. */
export const press = {
  enter: "\r",
  tab: "\t",
  shiftTab: `${ESC}[Z`,
  esc: ESC,
  up: `${ESC}[A`,
  down: `${ESC}[B`,
  pageUp: `${ESC}[5~`,
  pageDown: `${ESC}[6~`,
  f1: `${ESC}OP`,
  altDown: `${ESC}[1;3B`,
  alt: (key: string) => `${ESC}${key}`,
  ctrl: (key: string) => String.fromCharCode(key.charCodeAt(0) & 0x1f),
  lookAway: `${ESC}[O`,
  lookAgain: `${ESC}[I`,
} as const;

const running: VirtualTerminal[] = [];

/** The client of this person, once it shows something. */
export async function openTui(person: Person, options: TerminalOptions = {}): Promise<VirtualTerminal> {
  const terminal = new VirtualTerminal([process.execPath, LAUNCHER], {
    columns: 100,
    rows: 30,
    cwd: person.home,
    ...options,
    env: person.environment(options.env),
  });
  running.push(terminal);
  await terminal.until(() => terminal.isOnOtherScreen && terminal.screen().trim() !== "", "it has drawn");
  return terminal;
}

/** Of all tests so far. */
export async function closeTuis(): Promise<void> {
  for (const terminal of running.splice(0)) await terminal.close();
}
