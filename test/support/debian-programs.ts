// Programs that long tests run beside the relay, and that npm does not bring: .ci/debian-programs installs them.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, test } from "vitest";

export type DebianProgram = "nats-server" | "nginx";

/** Its path, in PATH or where Debian puts what only root has in his. */
export function findProgram(name: DebianProgram): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin"];
  return folders
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/**
 * A `describe` whose tests need these programs, with their paths. Where one is missing it has a single test, which is
 * skipped and says why, or fails where CI=true: what is skipped there is looked at by nobody.
 */
export function describeWith<const Name extends DebianProgram>(
  names: readonly Name[],
  title: string,
  tests: (paths: Readonly<Record<Name, string>>) => void,
): void {
  const found = names.map((name) => [name, findProgram(name)] as const);
  const missing = found.filter(([, path]) => path === undefined).map(([name]) => name);
  describe(title, () => {
    if (missing.length === 0) return tests(Object.fromEntries(found) as Record<Name, string>);
    test(`needs ${missing.join(" and ")}`, ({ skip }) => {
      const sentence = `Not tested: no ${missing.join(", no ")} here. Install it with .ci/debian-programs as root.`;
      if (process.env["CI"] === "true") throw new Error(sentence);
      skip(sentence);
    });
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
