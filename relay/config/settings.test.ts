import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { readConfig } from "../config.ts";
import { StartupError } from "../startup-error.ts";

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-config-"));
  file = join(folder, "relay.env");
});
afterAll(() => rmSync(folder, { recursive: true }));

const home = { CHAT_HOME: "/home/of/chat" };

function withFile(lines: string[], environment: Record<string, string> = {}, ...flags: string[]) {
  writeFileSync(file, lines.join("\n"));
  return readConfig(["--config", file, ...flags], { ...home, ...environment });
}

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    expect(error).toMatchObject({ code: "usage", exitStatus: 64 });
    return error.message.replaceAll(folder, "");
  }
  throw new Error("it was accepted");
}

test("every option can be said in the environment, and in a file", () => {
  const everything = {
    SOTTO_RELAY_LISTEN: "0.0.0.0:1",
    SOTTO_RELAY_DATA: "/var/lib/sotto",
    SOTTO_RELAY_DATABASE_URL: "postgres://me:ses%23ame@db.example/chat",
    SOTTO_RELAY_NATS: "nats://a,nats://b",
    SOTTO_RELAY_SERVICES: "auth,groups",
    SOTTO_RELAY_TLS_CERT: "c",
    SOTTO_RELAY_TLS_KEY: "k",
    SOTTO_RELAY_BEHIND_PROXY: "true",
    SOTTO_RELAY_DIRECTORY: "off",
    SOTTO_RELAY_REGISTRATION: "closed",
    SOTTO_RELAY_RETENTION: "12h",
    SOTTO_RELAY_METRICS_LISTEN: "[::1]:2",
  };
  const meant = {
    host: "0.0.0.0",
    port: 1,
    dataFolder: "/var/lib/sotto",
    database: { connectionString: "postgres://me:ses%23ame@db.example/chat" },
    nats: ["nats://a", "nats://b"],
    services: new Set(["auth", "groups"]),
    tls: { certPath: "c", keyPath: "k" },
    behindProxy: true,
    doors: { directory: "off", registration: "closed" },
    retentionMs: 12 * 3_600_000,
    metricsListen: { host: "::1", port: 2 },
  };
  expect(readConfig([], { ...home, ...everything })).toEqual(meant);
  const lines = Object.entries(everything).map(([key, value]) => `${key}=${value}`);
  expect(withFile(lines)).toEqual(meant);
  expect(readConfig([], { ...home, SOTTO_RELAY_CONFIG: file })).toEqual(meant);
  expect(readConfig([], { ...home, SOTTO_RELAY_TLS: "self-signed" })).toMatchObject({ tls: "self-signed" });
});

test("a flag counts before the environment, and that before the file", () => {
  const lines = ["SOTTO_RELAY_RETENTION=1d", "SOTTO_RELAY_DIRECTORY=off", "SOTTO_RELAY_LISTEN=127.0.0.1:1"];
  const environment = { SOTTO_RELAY_DIRECTORY: "exact", SOTTO_RELAY_LISTEN: "127.0.0.1:2" };
  expect(withFile(lines, environment, "--listen", "127.0.0.1:3")).toMatchObject({
    port: 3,
    doors: { directory: "exact", registration: "open" },
    retentionMs: 86_400_000,
  });
});

test("a file may be commented and quoted, and hold what other programs read", () => {
  const lines = [
    "\uFEFF# a relay",
    "  export SOTTO_RELAY_RETENTION = 2d # not long\r",
    "POSTGRES_PASSWORD=sesame",
    "SOTTO_RELAY_DATA='/a folder # of ours'",
    "",
  ];
  expect(withFile(lines)).toMatchObject({ retentionMs: 2 * 86_400_000, dataFolder: "/a folder # of ours" });
});

test("what Kubernetes tells every container is not taken for an option", () => {
  const environment = { SOTTO_RELAY_PORT: "tcp://1.2.3.4:5", SOTTO_RELAY_SERVICE_HOST: "1.2.3.4" };
  const more = { SOTTO_RELAY_PORT_7443_TCP_ADDR: "1.2.3.4", SOTTO_RELAY_SERVICE_PORT_GRPC: "7443" };
  expect(readConfig([], { ...home, ...environment, ...more })).toMatchObject({ port: 7443 });
});

describe("what is wrong is named with the place where it stands", () => {
  const lines = [
    "# a relay",
    "",
    "SOTTO_RELAY_RETENTION=1d",
    "SOTTO_RELAY_LISTEN=7443",
    "SOTTO_RELAY_DATA=/a",
  ];
  test.each([
    [() => withFile(lines), "SOTTO_RELAY_LISTEN in /relay.env:4 must be HOST:PORT"],
    [() => withFile(["SOTTO_RELAY_NATS=", ""]), "SOTTO_RELAY_NATS in /relay.env:1 must be nats://"],
    [
      () => withFile(["SOTTO_RELAY_LISTNE=7443"]),
      "SOTTO_RELAY_LISTNE in /relay.env:1 is no option of the relay: SOTTO_RELAY_LISTEN is.",
    ],
    [
      () => withFile(["SOTTO_RELAY_WHATEVER=1"]),
      "SOTTO_RELAY_WHATEVER in /relay.env:1 is no option of the relay.",
    ],
    [() => withFile(["", "SOTTO_RELAY_LISTEN 127.0.0.1:1"]), "/relay.env:2 is not KEY=VALUE."],
    [
      () => withFile(["SOTTO_RELAY_CONFIG=/other"]),
      "SOTTO_RELAY_CONFIG in /relay.env:1 cannot name another file.",
    ],
    [
      () => readConfig(["--config", join(folder, "none")], home),
      "Cannot read the configuration in /none (ENOENT).",
    ],
    [() => readConfig(["--config", folder], home), "(EISDIR)."],
    [
      () => readConfig([], { SOTTO_RELAY_LISTEN: "7443" }),
      "SOTTO_RELAY_LISTEN in the environment must be HOST:PORT",
    ],
    [
      () => readConfig([], { SOTTO_RELAY_LISTEN: "" }),
      "SOTTO_RELAY_LISTEN in the environment must be HOST:PORT",
    ],
    [
      () => readConfig([], { SOTTO_RELAY_DATABASE: "x" }),
      "SOTTO_RELAY_DATABASE in the environment is no option of the relay: SOTTO_RELAY_DATABASE_URL is.",
    ],
    [
      () => readConfig([], { SOTTO_RELAY_BEHIND_PROXY: "1" }),
      "SOTTO_RELAY_BEHIND_PROXY in the environment must be true or false.",
    ],
    [
      () => readConfig([], { SOTTO_RELAY_SERVICES: "auth" }),
      "SOTTO_RELAY_SERVICES in the environment needs --nats",
    ],
    [
      () => readConfig([], { SOTTO_RELAY_TLS_KEY: "k" }),
      "go together: SOTTO_RELAY_TLS_KEY in the environment stands alone.",
    ],
  ])("%s", (read, sentence) => {
    expect(refusal(read)).toContain(sentence);
  });
});

test("no complaint quotes a password", () => {
  const database = "mysql://me:sesame@db.example/chat";
  const all = [
    () => readConfig(["--database-url", database], home),
    () => readConfig([`--database-ulr=${database}`], home),
    () => readConfig([], { SOTTO_RELAY_DATABASE_URL: database }),
    () => readConfig([], { SOTTO_RELAY_NATS: "http://me:sesame@nats.example" }),
    () => withFile([`SOTTO_RELAY_DATABASE_URL=${database}`]),
    () => withFile([`SOTTO_RELAY_DATABASE_ULR=${database}`]),
  ];
  for (const read of all) expect(refusal(read)).not.toContain("sesame");
});

test("--print-config says what holds and where it stands, without passwords", () => {
  const said: string[] = [];
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => said.push(String(text)) > 0);
  try {
    const lines = ["# ours", "SOTTO_RELAY_DATABASE_URL=postgres://me:sesame@db.example/chat"];
    const environment = { SOTTO_RELAY_NATS: "nats://sesame@nats.example" };
    const flags = ["--data", "/a folder", "--print-config"];
    expect(withFile(lines, environment, ...flags)).toBeUndefined();
    expect(withFile(lines, environment, ...flags, "--json")).toBeUndefined();
  } finally {
    write.mockRestore();
  }
  const [text = "", json = ""] = said;
  expect(said.join("")).not.toContain("sesame");
  expect(text).toMatch(/^SOTTO_RELAY_LISTEN=127\.0\.0\.1:7443 +# default$/m);
  expect(text).toMatch(/^SOTTO_RELAY_DATA="\/a folder" +# flag$/m);
  expect(text).toMatch(
    /^SOTTO_RELAY_DATABASE_URL=postgres:\/\/me:\*\*\*@db\.example\/chat +# \S+relay\.env:2$/m,
  );
  expect(text).toMatch(/^SOTTO_RELAY_NATS=nats:\/\/\*\*\*@nats\.example +# environment$/m);
  expect(text).toMatch(/^# SOTTO_RELAY_TLS is not set$/m);
  const objects = json
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(objects[2]).toEqual({
    type: "setting",
    option: "--database-url",
    key: "SOTTO_RELAY_DATABASE_URL",
    value: "postgres://me:***@db.example/chat",
    source: "file",
    place: `${file}:2`,
  });
  expect(objects).toContainEqual(expect.objectContaining({ option: "--tls", value: null, source: null }));
});
