import { clearLine, createInterface, cursorTo, type Interface, moveCursor } from "node:readline";
import type { Connect } from "../core/drain-outbox.ts";
import { explainFailure } from "../core/explain-failure.ts";
import { followRelay } from "../core/follow.ts";
import type { Profile } from "../core/profile.ts";
import { markRead } from "../core/read-messages.ts";
import { queueMessage } from "../core/send-message.ts";
import { waitForMessage } from "../core/wait-for-message.ts";
import { watchMessages } from "../core/watch-messages.ts";
import { safeText } from "../safe-text.ts";
import type { Output } from "./print.ts";
import { reportFindings } from "./report-findings.ts";
import { Transcript } from "./transcript.ts";

export interface LiveChat {
  readonly output: Output;
  /** Whom a line goes to that does not begin with `@name`. */
  readonly partner: string;
  readonly signal: AbortSignal;
}

const SEND_TIMEOUT_MS = 30_000;

/**
 * A chat at a terminal, line by line: what is typed goes to the partner, `@name text` to somebody else, who is the
 * partner from then on; what arrives is printed above the prompt. Resolves at Ctrl-C, Ctrl-D, or when the signal aborts.
 */
export async function liveChat(profile: Profile, connect: Connect, chat: LiveChat): Promise<void> {
  const screen = process.stderr;
  const ending = new AbortController();
  const signal = AbortSignal.any([chat.signal, ending.signal]);
  const lines = createInterface({ input: process.stdin, output: screen, terminal: true });
  const transcript = new Transcript(chat.output, profile.identity.name, {
    manyConversations: true,
    now: () => new Date(),
  });
  let partner = chat.partner;

  const prompt = (): void => {
    lines.setPrompt(`${partner} › `);
    lines.prompt(true);
  };
  const above = (print: () => void): void => {
    clearLine(screen, 0);
    cursorTo(screen, 0);
    print();
    if (!signal.aborted) prompt();
  };
  const complain = (error: unknown): void => {
    const { message, hint } = explainFailure(error);
    above(() => chat.output.warn(safeText([message, hint].filter((part) => part !== undefined).join(" "))));
  };
  const send = async (to: string, text: string): Promise<void> => {
    const { position } = queueMessage(profile, { to, text });
    await waitForMessage(profile, position, { connect, timeout: SEND_TIMEOUT_MS, signal });
  };

  lines.on("line", (line) => {
    eraseTyped(screen, lines, line);
    const [, name, rest] = /^@(\S+)\s*(.*)$/s.exec(line) ?? [];
    partner = name?.toLowerCase() ?? partner;
    const text = (name === undefined ? line : (rest ?? "")).trim();
    prompt();
    if (text !== "") send(partner, text).catch((error) => signal.aborted || complain(error));
  });
  lines.on("SIGINT", () => ending.abort());
  lines.on("close", () => ending.abort());
  prompt();

  const watching = (async () => {
    for await (const message of watchMessages(profile, { signal })) {
      above(() => transcript.print(message));
      markRead(profile, [message]);
    }
  })();
  const following = followRelay(profile, connect, {
    signal,
    onFindings: (findings) =>
      above(() => {
        const alarm = reportFindings(chat.output, findings);
        if (alarm !== undefined) chat.output.warn(safeText(alarm.message));
      }),
  });
  following.catch(() => ending.abort());
  try {
    await Promise.all([watching, following]);
  } finally {
    ending.abort();
    lines.close();
    clearLine(screen, 0);
    cursorTo(screen, 0);
  }
}

/** A message that was sent is printed with its time like all others; the line as it was typed makes room for it. */
function eraseTyped(screen: typeof process.stderr, lines: Interface, line: string): void {
  const columns = screen.columns || 80;
  const cells = lines.getPrompt().length + line.length;
  moveCursor(screen, 0, -Math.max(1, Math.ceil(cells / columns)));
  cursorTo(screen, 0);
  screen.clearScreenDown();
}
