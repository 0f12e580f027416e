import type { Command } from "commander";
import { describeAdmin } from "./admin/run-admin.ts";
import type { Environment } from "./config/options.ts";
import { relayCommand } from "./config.ts";
import { doctorCommand } from "./doctor/run-doctor.ts";

/** For shells that complete: the command that `words` after `chat relay` have come to, and what of them is its own. */
export function describeRelay(
  words: readonly string[],
  environment: Environment,
): { readonly command: Command; readonly words: readonly string[] } {
  const [first, ...more] = words;
  if (more.length > 0 && first === "admin") return { command: describeAdmin(environment), words: more };
  if (more.length > 0 && first === "doctor") return { command: doctorCommand(environment), words: more };
  const command = relayCommand(environment);
  if (more.length > 0) return { command, words };
  for (const [name, made] of [
    ["admin", describeAdmin(environment)],
    ["doctor", doctorCommand(environment)],
  ] as const) {
    command.addCommand(made.name(name));
  }
  return { command, words };
}
