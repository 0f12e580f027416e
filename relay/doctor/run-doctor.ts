import { Command } from "commander";
import { parseWith, withOptions } from "../config/command.ts";
import type { Environment } from "../config/options.ts";
import { exitStatusOf } from "../startup-error.ts";
import type { Check } from "./check.ts";

/** What is worst comes first: with several failures the first of these is the exit status. */
const gravest = [70, 73, 78, 77, 64, 69] as const;
const NAME_WIDTH = "configuration".length;

/** `chat relay doctor`: prints each finding as it comes. Returns the exit status of the worst one. Throws StartupError. */
export async function runDoctor(parameters: readonly string[], environment: Environment): Promise<number> {
  const command = doctorCommand(environment);
  if (!parseWith(command, parameters)) return 0;
  const flags = command.opts<Record<string, string | boolean>>();
  const { examine } = await import("./examine.ts"); // help does without
  const found: Check[] = [];
  for await (const check of examine({ flags, environment })) {
    found.push(check);
    say(
      flags["json"] === true
        ? JSON.stringify({ type: "check", ...check })
        : rowOf(check, paintFor(environment)),
    );
  }
  if (flags["json"] !== true) say(`\n${summary(found)}`);
  const failures = found.flatMap(({ code }) => (code === null ? [] : [exitStatusOf(code)]));
  return gravest.find((status) => failures.includes(status)) ?? failures[0] ?? 0;
}

/** What `chat relay doctor` takes. */
export function doctorCommand(environment: Environment): Command {
  return withOptions(new Command("chat relay doctor"), environment)
    .description(
      "Look whether all that a relay with these options needs is there, and say what to do where it is not.",
    )
    .option("--json", "one JSON object a line");
}

type Paint = (color: keyof typeof colors, text: string) => string;
const colors = { cyan: 36, yellow: 33, red: 31, dim: 2 } as const;

function paintFor({ NO_COLOR }: Environment): Paint {
  const isPainted = process.stdout.isTTY === true && !NO_COLOR;
  return (color, text) => (isPainted ? `\u001b[${colors[color]}m${text}\u001b[0m` : text);
}

function rowOf({ name, ok, detail, hint, code }: Check, paint: Paint): string {
  const sign = ok ? paint("cyan", "✓") : code === null ? paint("yellow", "!") : paint("red", "✗");
  const row = `${sign} ${name.padEnd(NAME_WIDTH)}  ${plain(detail)}`;
  return hint === null ? row : `${row}\n  ${" ".repeat(NAME_WIDTH)}  ${paint("dim", plain(hint))}`;
}

/** What a server says of itself is shown, and obeyed by no terminal. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "?");
}

function summary(found: readonly Check[]): string {
  const failures = found.filter(({ code }) => code !== null).length;
  if (failures > 0) return `${failures} of ${found.length} checks failed.`;
  return found.every(({ ok }) => ok) ? "All is well." : "Nothing is broken.";
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
