// Puts what a relay needs to run into a folder, for the container's image: the bundle, and of the packages only those
// that it leaves outside, without what is for other platforms or for compiling. No embedded PostgreSQL and no keyring.
//   node scripts/build.mjs && node scripts/make-runtime.mjs FOLDER
import { execFileSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const [, , folder] = process.argv;
if (folder === undefined) throw new Error("node scripts/make-runtime.mjs FOLDER");

/** The bundle imports them, and a relay on a database of its own calls them. */
const needed = ["better-sqlite3", "node-pg-migrate", "pg"];

await mkdir(folder, { recursive: true });
const { name, version, license, type, dependencies } = JSON.parse(
  await readFile(join(root, "package.json"), "utf8"),
);
const kept = Object.fromEntries(needed.map((each) => [each, dependencies[each]]));
await writeFile(
  join(folder, "package.json"),
  `${JSON.stringify({ name, version, license, type, dependencies: kept }, null, 2)}\n`,
);
// With the lockfile beside it, npm takes the versions that everything else was tested with.
await cp(join(root, "package-lock.json"), join(folder, "package-lock.json"));
const npm = "install --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund";
execFileSync("npm", npm.split(" "), { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
await rm(join(folder, "package-lock.json"));

const sqlite = join(folder, "node_modules", "better-sqlite3");
for (const part of ["deps", "src", "binding.gyp"]) await rm(join(sqlite, part), { recursive: true });
const { platform, arch } = process;
for (const file of await readdir(join(sqlite, "prebuilds"))) {
  if (file !== `${platform}-${arch}.node`) await rm(join(sqlite, "prebuilds", file));
}

await cp(join(root, "dist"), join(folder, "dist"), { recursive: true });
for (const file of ["bin/chat.js", "LICENSE", "scripts/is-ready.mjs"]) {
  await cp(join(root, file), join(folder, file));
}
