// `chat requests`, `accept`, `block`, `unblock` and `verify`.
import { Argument } from "commander";
import type { VerifyOptions } from "./commands/verify.ts";
import type { Commands } from "./describe.ts";

export function addTrust({ command, contextOf }: Commands): void {
  const load = () => import("./commands/talking.ts");
  const name = () => new Argument("<NAME>", "a person");

  const requests = command("requests", "list people you do not know who wrote or invited you")
    .option("--blocked", "list those whom you have blocked instead")
    .action(async ({ blocked }: { blocked?: boolean }) => {
      const commands = await import("./commands/offline.ts");
      await commands.requests(contextOf(requests), { blocked: blocked === true });
    });

  const accept = command("accept", "let somebody's messages and invitations in")
    .addArgument(name())
    .option("--new-key", "go on with the account that has come under a known name")
    .action(async (given: string, { newKey }: { newKey?: boolean }) => {
      const commands = await load();
      await commands.accept(contextOf(accept), given, { newKey: newKey === true });
    });

  const block = command("block", "see nothing more of what somebody writes to you")
    .addArgument(name())
    .action(async (given: string) => (await load()).block(contextOf(block), given));

  const unblock = command("unblock", "let somebody write to you again")
    .addArgument(name())
    .action(async (given: string) => (await load()).unblock(contextOf(unblock), given));

  const verify = command("verify", "show or check the safety number of you and somebody")
    .addArgument(name())
    .option("--expect <code>", "the number that the other one sees: marks him as verified, or ends with 76")
    .option("--yes", "mark as verified without a question: you have compared the numbers")
    .option("--forget", "take the mark away")
    .action(async (given: string, options: VerifyOptions) =>
      (await load()).verify(contextOf(verify), given, options),
    );
}
