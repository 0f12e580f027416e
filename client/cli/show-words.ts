import { ChatError } from "../core/chat-error.ts";
import { askYes } from "./prompts.ts";

const COLUMNS = 4;

/** Shows the recovery words at the terminal until their owner says that he has them. */
export async function showWords(name: string, words: readonly string[], signal: AbortSignal): Promise<void> {
  const lines = [
    "",
    "These 24 words are the only way back into your account when this machine and",
    "its files are gone. Write them down on paper, in this order, and show them to",
    "nobody. They are not shown again.",
    "",
    ...wordTable(words),
    "",
  ];
  process.stderr.write(`${lines.join("\n")}\n`);
  try {
    while (!(await askYes("Have you written them down?", signal)));
  } catch (cause) {
    throw new ChatError("interrupted", "Interrupted.", {
      hint: `The account is made. \`chat register ${name}\` shows the words again.`,
      cause,
    });
  }
}

/** Numbered, row by row. */
export function wordTable(words: readonly string[]): string[] {
  const cells = words.map((word, at) => `${String(at + 1).padStart(2)} ${word.padEnd(8)}`);
  const rows: string[] = [];
  for (let at = 0; at < cells.length; at += COLUMNS) {
    rows.push(`   ${cells.slice(at, at + COLUMNS).join("   ")}`.trimEnd());
  }
  return rows;
}
