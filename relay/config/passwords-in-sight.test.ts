import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freshDatabase } from "../../test/support/postgres.ts";
import { runChatRelay } from "../../test/support/relay.ts";

/** What `ps` shows of every process of this machine. */
function commandLines(): string {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => tryReading(`/proc/${pid}/cmdline`).replaceAll("\0", " ")).join("\n");
}

function tryReading(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it has just ended
  }
}

test.skipIf(process.platform !== "linux").each(["environment", "file"])(
  "a password in the %s is seen neither by `ps` nor in the log",
  async (source) => {
    const folder = await mkdtemp(join(tmpdir(), "sotto-sight-"));
    const fresh = await freshDatabase();
    const { user, password, host = "", port, database } = fresh.connection;
    const url = `postgres://${user}:${password}@${encodeURIComponent(host)}:${port}/${database}`;
    const setting = ["SOTTO_RELAY_DATABASE_URL", url] as const;
    const file = join(folder, "relay.env");
    await writeFile(file, `${setting.join("=")}\n`, { mode: 0o600 });
    const parameters = ["--listen", "127.0.0.1:0", "--data", join(folder, "data")];
    const running = runChatRelay([...parameters, ...(source === "file" ? ["--config", file] : [])], {
      sources: true,
      env: source === "file" ? {} : { [setting[0]]: setting[1] },
    });
    await running.until((lines) => lines.length > 0);
    const seen = commandLines();
    expect(seen).toContain(join(folder, "data"));
    expect(seen).not.toContain(password);
    const { stdout, stderr } = await running.kill("SIGTERM");
    expect(stderr).toContain("draining");
    expect(stdout + stderr).not.toContain(password);
    await fresh.drop();
    await rm(folder, { recursive: true });
  },
);
