import { statSync } from "node:fs";
import { keyOf, optionOf } from "../config/options.ts";
import type { Settings } from "../config/settings.ts";
import { bad, type Check, count, good } from "./check.ts";

/** What stands where it can be read by whom it does not concern. The sense of it all was checked before. */
export function checkConfiguration(settings: Settings): Check {
  const said = [...settings.values()].filter(({ origin }) => origin.from !== "default");
  const secret = said.filter(({ name, text }) => {
    const { mask } = optionOf(name);
    return mask !== undefined && mask(text) !== text;
  });
  const onCommandLine = secret.find(({ origin }) => origin.from === "flag");
  if (onCommandLine !== undefined) {
    const key = keyOf(onCommandLine.name);
    return bad(
      "configuration",
      null,
      "a password stands on the command line, where everybody on this machine can read it",
      `Put it into the environment or a file of --config as ${key}.`,
    );
  }
  for (const { origin } of secret) {
    if (
      origin.from === "file" &&
      (statSync(origin.path).mode & 0o077) !== 0 &&
      process.platform !== "win32"
    ) {
      return bad(
        "configuration",
        "not_allowed",
        `${origin.path} holds a password, and others on this machine can read it`,
        `Run \`chmod 600 ${origin.path}\`.`,
      );
    }
  }
  const files = new Set(said.flatMap(({ origin }) => (origin.from === "file" ? [origin.path] : [])));
  const from = files.size === 0 ? "" : `, some in ${[...files].join(", ")}`;
  return good("configuration", `makes sense: ${count(said.length, "option")} given${from}`);
}
