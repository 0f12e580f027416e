// `chat typing` and `chat settings`.
import { Argument } from "commander";
import type { Settings } from "../core/settings.ts";
import type { Commands } from "./describe.ts";

export function addSignals({ command, contextOf }: Commands): void {
  const typing = command("typing", "show the others, for some seconds, that you are at work on an answer")
    .addArgument(new Argument("<TO>", "a name"))
    .action(async (to: string) => {
      const commands = await import("./commands/talking.ts");
      await commands.typing(contextOf(typing), to);
    });

  const names = ["receipts", "typing", "presence", "requests"] satisfies (keyof Settings)[];
  const settings = command("settings", "show what you have chosen, or choose")
    .addArgument(
      new Argument("[NAME]", "what others hear of you, and whether strangers ask first").choices(names),
    )
    .addArgument(new Argument("[VALUE]", "your choice").choices(["on", "off"]))
    .action(async (name?: keyof Settings, value?: "on" | "off") => {
      const commands = await import("./commands/offline.ts");
      await commands.settings(contextOf(settings), name, value);
    });
}
