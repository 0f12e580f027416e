import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { watch } from "../support/chat.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const thisNodeFirst = {
  ...process.env,
  PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
};

describe("the packed package, installed for everyone", { timeout: 180_000 }, () => {
  let folder: string;
  let packed: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sotto-pack-"));
    const { stdout } = await npm("pack", "--json", "--ignore-scripts", "--pack-destination", folder);
    packed = packedFiles(JSON.parse(stdout));
    const tarball = join(folder, `${manifest.name}-${manifest.version}.tgz`);
    // Newer versions of npm run no install scripts here unless they are told to: it has to work without.
    await npm(
      "install",
      "--global",
      "--ignore-scripts",
      "--prefix",
      folder,
      "--no-audit",
      "--no-fund",
      tarball,
    );
  }, 180_000);

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test.each(["chat", "sotto"])("%s --version answers", async (command) => {
    const { stdout } = await run(join(folder, "bin", command), ["--version"], { env: thisNodeFirst });
    expect(stdout).toBe(`${manifest.version}\n`);
  });

  test("a relay with its embedded PostgreSQL, an account and a message work from it", async () => {
    const chat = join(folder, "bin", "chat");
    const env = { ...thisNodeFirst, CHAT_HOME: join(folder, "home"), HOME: folder };
    const relay = watch(
      spawn(chat, ["relay", "--listen", "127.0.0.1:0", "--data", join(folder, "relay")], { env }),
    );
    try {
      const [ready = ""] = await relay.until((lines) => lines.length > 0);
      const url = ready.replace("relay ready on ", "");
      const password = join(folder, "password");
      await writeFile(password, "correct horse battery\n");
      const files = ["--password-file", password, "--recovery-file", join(folder, "recovery")];
      await run(chat, ["register", "alice", "--relay", url, ...files], { env });
      await run(chat, ["send", "me", "hello"], { env });
      expect((await run(chat, ["read", "me"], { env })).stdout).toContain("hello");
    } finally {
      await relay.kill();
    }
  });

  test("nothing was compiled on the way in", () => {
    const addon = join(folder, "lib/node_modules/sotto/node_modules/better-sqlite3");
    expect(existsSync(join(addon, "prebuilds"))).toBe(true);
    expect(existsSync(join(addon, "build"))).toBe(false);
  });

  test("it holds the launcher and the build, and no sources, tests or keys", () => {
    expect(packed).toEqual(
      expect.arrayContaining(["bin/chat.js", "dist/main.js", "package.json", "LICENSE"]),
    );
    const strangers = packed.filter(
      (path) =>
        !/^(bin\/chat\.js|dist\/[^/]+\.js|dist\/migrations\/[^/]+\.sql|package\.json|LICENSE|README\.md)$/.test(
          path,
        ),
    );
    expect(strangers).toEqual([]);
  });
});

test("an old Node gets one kind sentence and exit 78", async (context) => {
  const old = await oldNode();
  if (old === undefined) return context.skip("no Node older than 22.12 on this machine");
  const failure = await run(old.path, [join(root, "bin/chat.js"), "send", "alice", "hello"]).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ code: 78, stdout: "" });
  expect(failure).toHaveProperty(
    "stderr",
    `Sotto needs Node 22.12 or newer and this is Node ${old.version}: install a newer one from ` +
      "https://nodejs.org, or inside the checkout run `npx chat`, which uses the Node that `npm install` put there.\n",
  );
});

function npm(...args: string[]) {
  return run("npm", args, { cwd: root, env: { ...thisNodeFirst, npm_config_update_notifier: "false" } });
}

/** `npm pack --json` prints an array in some versions of npm and an object by package name in others. */
function packedFiles(report: object): string[] {
  const [entry] = Object.values(report) as { files: { path: string }[] }[];
  return entry?.files.map(({ path }) => path) ?? [];
}

/** The first Node on the PATH that is too old for Sotto. */
async function oldNode(): Promise<{ path: string; version: string } | undefined> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, "node");
    if (
      !(await access(path).then(
        () => true,
        () => false,
      ))
    )
      continue;
    const { stdout } = await run(path, ["--version"]);
    const [major = 0, minor = 0] = stdout.slice(1).split(".").map(Number);
    if (major < 22 || (major === 22 && minor < 12)) return { path, version: stdout.slice(1).trim() };
  }
  return undefined;
}
