// Fails when proto/gen is not what `buf generate` makes of the .proto files.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

const folder = "proto/gen";
const fresh = mkdtempSync(join(tmpdir(), "sotto-generated-"));
try {
  execFileSync("buf", ["generate", "--output", fresh], { stdio: "inherit" });
  const [now, then] = [read(join(fresh, folder)), read(folder)];
  const stale = [...new Set([...now.keys(), ...then.keys()])].filter(
    (path) => now.get(path) !== then.get(path),
  );
  for (const path of stale) console.error(`${folder}/${path} is out of date: run \`npm run generate\``);
  process.exitCode = stale.length === 0 ? 0 : 1;
} finally {
  rmSync(fresh, { recursive: true });
}

function read(root: string): Map<string, string> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [relative(root, path), readFileSync(path, "utf8")];
    }),
  );
}
