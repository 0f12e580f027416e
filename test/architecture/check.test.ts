import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { violations } from "../../scripts/check-architecture.ts";

const script = fileURLToPath(new URL("../../scripts/check-architecture.ts", import.meta.url));

/** What the check says of a tree with these files; those that are only imported exist and are empty. */
function check(files: Record<string, string>, ...empty: string[]): string[] {
  return violations(
    new Map([...empty.map((path): [string, string] => [path, ""]), ...Object.entries(files)]),
  );
}

/** One file that imports another, each where it stands. */
function importing(from: string, to: string, statement = (path: string) => `import "${path}";`): string[] {
  const up = "../".repeat(from.split("/").length - 1) || "./";
  return check({ [from]: statement(up + to) }, to);
}

const lazily = (path: string) => `export const load = () => import("${path}");`;
const typeOnly = (path: string) => `import type { A } from "${path}"; export type B = A;`;
const typeInline = (path: string) => `export type B = import("${path}").A;`;
const inlineTypeName = (path: string) => `import { type A } from "${path}"; export type B = A;`;
const reexport = (path: string) => `export * from "${path}";`;
const reexportNames = (path: string) => `export { a } from "${path}";`;

describe("a wrong direction is refused", () => {
  test.each([
    ["relay/main.ts", "client/net/calls.ts"],
    ["relay/main.ts", "proto/gen/sotto/chat/v1/content_pb.ts"],
    ["relay/main.ts", "keys/ratchet.ts"],
    ["relay/main.ts", "bin/main.ts"],
    ["client/core/send-message.ts", "relay/server.ts"],
    ["client/net/calls.ts", "relay/errors.ts"],
    ["client/config.ts", "relay/errors.ts"],
    ["client/config.ts", "client/store/database.ts"],
    ["client/store/database.ts", "client/net/calls.ts"],
    ["client/store/database.ts", "client/core/send-message.ts"],
    ["client/net/calls.ts", "client/store/database.ts"],
    ["client/core/send-message.ts", "client/cli/print.ts"],
    ["client/cli/send.ts", "client/store/database.ts"],
    ["client/cli/send.ts", "client/net/calls.ts"],
    ["client/cli/send.ts", "keys/ratchet.ts"],
    ["client/tui/model/update.ts", "client/core/send-message.ts"],
    ["client/tui/model/update.ts", "client/tui/theme.ts"],
    ["client/tui/views/composer.ts", "client/core/send-message.ts"],
    ["client/tui/runtime.ts", "client/store/database.ts"],
    ["keys/ratchet.ts", "client/safe-text.ts"],
    ["keys/ratchet.ts", "proto/grpc.ts"],
    ["keys/public.ts", "relay/errors.ts"],
    ["proto/grpc.ts", "keys/public.ts"],
    ["proto/grpc.ts", "proto/gen/sotto/chat/v1/content_pb.ts"],
    ["bin/main.ts", "keys/index.ts"],
    ["bin/main.ts", "bench/start.ts"],
  ])("%s imports %s", (from, to) => {
    expect(importing(from, to)).toEqual([expect.stringMatching(`^${from} imports ${to}, `)]);
  });

  test.each([
    ["lazily", lazily],
    ["for a type", typeOnly],
    ["for a type, inline", typeInline],
    ["for a type among values", inlineTypeName],
    ["to export it again", reexport],
    ["to export its names again", reexportNames],
  ])("also when it is imported %s", (_, statement) => {
    expect(importing("client/core/sync.ts", "relay/server.ts", statement)).toHaveLength(1);
  });
});

describe("the right directions are allowed", () => {
  test.each([
    ["relay/main.ts", "relay/server.ts"],
    ["relay/auth/handlers.ts", "proto/grpc.ts"],
    ["relay/auth/handlers.ts", "proto/gen/sotto/relay/v1/auth_pb.ts"],
    ["relay/auth/handlers.ts", "keys/public.ts"],
    ["client/cli/send.ts", "client/core/send-message.ts"],
    ["client/cli/send.ts", "client/safe-text.ts"],
    ["client/core/send-message.ts", "client/store/outbox.ts"],
    ["client/core/send-message.ts", "client/net/calls.ts"],
    ["client/core/send-message.ts", "keys/index.ts"],
    ["client/core/send-message.ts", "proto/gen/sotto/chat/v1/content_pb.ts"],
    ["client/tui/model/line.ts", "client/safe-text.ts"],
    ["client/tui/views/composer.tsx", "client/tui/model/state.ts"],
    ["client/tui/runtime.ts", "client/core/send-message.ts"],
    ["keys/public.ts", "keys/account-chain.ts"],
  ])("%s imports %s", (from, to) => {
    expect(importing(from, to)).toEqual([]);
  });

  test("tests may import anything", () => {
    expect(importing("relay/main.test.ts", "client/net/calls.ts")).toEqual([]);
    expect(importing("test/stories/send.test.ts", "relay/server.ts")).toEqual([]);
    expect(importing("bench/relay.ts", "test/support/relay.ts")).toEqual([]);
  });
});

test("the relay may take types, and only types, from the rest of keys", () => {
  expect(importing("relay/main.ts", "keys/ratchet.ts", typeOnly)).toEqual([]);
  expect(importing("relay/main.ts", "keys/ratchet.ts")).toEqual([
    "relay/main.ts imports keys/ratchet.ts, but relay may import only types from keys",
  ]);
});

test("bin loads the client and the relay lazily", () => {
  expect(importing("bin/main.ts", "relay/main.ts", lazily)).toEqual([]);
  expect(importing("bin/main.ts", "client/cli/program.ts", lazily)).toEqual([]);
  expect(importing("bin/main.ts", "relay/main.ts")).toEqual([
    "bin/main.ts imports relay/main.ts, but bin may only import() relay lazily",
  ]);
});

test("the program never imports a test or its support", () => {
  expect(importing("client/core/sync.ts", "test/support/relay.ts")).toHaveLength(1);
  expect(importing("client/core/sync.ts", "client/core/read.test.ts")).toHaveLength(1);
  expect(importing("bench/relay.ts", "client/core/read.test.ts")).toHaveLength(1);
});

test("an import of a file that is not there is reported", () => {
  expect(check({ "relay/main.ts": 'import "./gone.ts";' })).toEqual([
    "relay/main.ts imports relay/gone.ts, which does not exist",
  ]);
});

test("a file that no rule covers is reported once it imports", () => {
  expect(importing("client/plugins/weather.ts", "client/safe-text.ts")).toHaveLength(1);
});

test("only keys/sodium.ts imports libsodium", () => {
  const source = 'import sodium from "libsodium-wrappers"; export { sodium };';
  expect(check({ "keys/sodium.ts": source, "keys/ratchet.test.ts": source })).toEqual([]);
  expect(check({ "keys/ratchet.ts": source })).toHaveLength(1);
  expect(check({ "relay/auth/handlers.ts": source })).toHaveLength(1);
  expect(check({ "relay/auth/handlers.ts": 'await import("libsodium-wrappers");' })).toHaveLength(1);
});

test("keys reaches no file, socket or clock package", () => {
  expect(check({ "keys/ratchet.ts": 'import { hkdfSync } from "node:crypto";' })).toEqual([]);
  expect(check({ "keys/ratchet.ts": 'import { readFileSync } from "node:fs";' })).toHaveLength(1);
  expect(check({ "keys/ratchet.ts": 'import { z } from "zod";' })).toHaveLength(1);
});

describe("within the client only print.ts writes to stdout", () => {
  test.each([
    'process.stdout.write("hello");',
    'console.log("hello");',
    "export const { stdout } = process;",
    'import { stdout } from "node:process"; stdout.write("hello");',
    'import { stdout as out } from "node:process"; out.write("hello");',
    'import { writeSync } from "node:fs"; import process from "node:process"; writeSync(process.stdout.fd, "hello");',
  ])("%s", (source) => {
    expect(check({ "client/cli/send.ts": source })).toEqual([expect.stringContaining("print.ts only")]);
    expect(check({ "client/cli/print.ts": source, "relay/main.ts": source })).toEqual([]);
  });

  test("stderr and words that only look alike are free", () => {
    expect(
      check({ "client/cli/send.ts": 'process.stderr.write("process.stdout"); console.error(1);' }),
    ).toEqual([]);
  });
});

test("only proto/grpc.ts makes gRPC services out of protobuf ones", () => {
  const source =
    'import { makeGenericClientConstructor } from "@grpc/grpc-js"; makeGenericClientConstructor({}, "");';
  const typed = 'import type * as grpc from "@grpc/grpc-js"; export type S = grpc.ServiceDefinition;';
  expect(check({ "proto/grpc.ts": `${source}\n${typed}` })).toEqual([]);
  expect(check({ "client/net/calls.ts": source })).toHaveLength(1);
  expect(check({ "relay/server.ts": typed })).toHaveLength(1);
});

test("SQL stands in the relay's sql/ and db/, and in the client's store/", () => {
  const query = 'export const find = (db: any) => db.query("select 1");';
  expect(check({ "relay/auth/sql/find-account.ts": query, "relay/db/pool.ts": query })).toEqual([]);
  expect(check({ "relay/auth/log-in.ts": query, "relay/authenticate.ts": query })).toHaveLength(2);
  const prepare = 'export const find = (db: any) => db.prepare("select 1");';
  const open = 'import Sqlite from "better-sqlite3"; export { Sqlite };';
  expect(check({ "client/store/messages.ts": `${prepare} ${open}` })).toEqual([]);
  expect(check({ "client/core/sync.ts": prepare, "client/cli/list.ts": open })).toHaveLength(2);
});

test("keys takes time and randomness from its callers", () => {
  expect(check({ "keys/ratchet.ts": "export const at = Date.now();" })).toHaveLength(1);
  expect(check({ "keys/ratchet.ts": "export const any = Math.random();" })).toHaveLength(1);
  expect(check({ "keys/ratchet.test.ts": "Date.now();", "client/core/sync.ts": "Date.now();" })).toEqual([]);
});

test("a cycle is reported as the path that closes it", () => {
  expect(
    check({
      "keys/a.ts": 'import "./b.ts";',
      "keys/b.ts": 'import type { C } from "./c.ts"; export type B = C;',
      "keys/c.ts": 'import "./a.ts";',
    }),
  ).toEqual(["cycle: keys/a.ts → keys/b.ts → keys/c.ts → keys/a.ts"]);
});

test("the command names what is wrong in a tree and fails", async () => {
  const root = await mkdtemp(join(tmpdir(), "sotto-architecture-"));
  try {
    for (const [path, source] of [
      ["relay/main.ts", 'import "../client/main.ts";'],
      ["client/main.ts", "export const one = 1;"],
    ] as const) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), source);
    }
    const run = promisify(execFile)(process.execPath, [script, root]);
    await expect(run).rejects.toMatchObject({
      code: 1,
      stderr:
        "relay/main.ts imports client/main.ts, but relay may not know client\n2 files, 1 broken rules\n",
    });
  } finally {
    await rm(root, { recursive: true });
  }
});
