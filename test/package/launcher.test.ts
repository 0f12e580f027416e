import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };

const launcher = fileURLToPath(new URL("../../bin/chat.js", import.meta.url));

test("the launcher hands over to the built program", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [launcher, "--version"]);
  expect(stdout).toBe(`${manifest.version}\n`);
});
