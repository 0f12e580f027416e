// `chat doctor` and `chat completion`.
import { Argument } from "commander";
import type { DescribeForeign } from "./complete.ts";
import type { Commands } from "./describe.ts";

export function addUpkeep(
  { command, contextOf }: Commands,
  {
    version,
    describeForeign,
    ended,
  }: {
    readonly version: string;
    readonly describeForeign: DescribeForeign | undefined;
    readonly ended: (status: number) => void;
  },
): void {
  const doctor = command("doctor", "look whether all is well, and say what to do where it is not").action(
    async () => {
      const commands = await import("./commands/upkeep.ts");
      ended(await commands.doctor(contextOf(doctor), version));
    },
  );

  const completion = command("completion", "print what makes a shell complete commands and names")
    .addArgument(new Argument("<SHELL>", "bash, zsh or fish"))
    .addArgument(new Argument("[WORDS...]").argOptional())
    .usage("SHELL")
    .action(async (shell: string, words: string[]) => {
      const commands = await import("./commands/upkeep.ts");
      const program = completion.parent ?? completion;
      await commands.completion(contextOf(completion), { program, describeForeign }, shell, words);
    });
}
