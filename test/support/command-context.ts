import { writeFileSync } from "node:fs";
import type { Context } from "../../client/cli/context.ts";
import { toHex } from "../../keys/index.ts";
import { keptOutput } from "./output.ts";
import type { ProfileFixture } from "./profile-fixture.ts";

/** What a command runs with on a profile of a fixture, and what it printed. */
export function commandContext(
  { paths, key }: ProfileFixture,
  options: { json?: boolean; tty?: boolean } = {},
): { context: Context; kept: { out: string; err: string } } {
  writeFileSync(paths.key, `sotto-profile-key-1 plain ${toHex(key)}\n`, { mode: 0o600 });
  const { output, kept } = keptOutput(options);
  const context: Context = {
    output,
    environment: { CHAT_HOME: paths.home },
    profileName: "default",
    // Nothing listens there: who asks the relay fails.
    relay: "http://127.0.0.1:1",
    signal: output.closed,
    now: () => new Date(),
  };
  return { context, kept };
}
