import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import type { ServiceError } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { toHex } from "../../keys/index.ts";
import { AuthService } from "../../proto/gen/sotto/relay/v1/auth_pb.ts";
import { DirectoryService } from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import { ConnectRequestSchema, MessagingService } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { callUnary, openStream } from "../../proto/grpc.ts";
import { type Finished, parseLines } from "../../test/support/chat.ts";
import {
  dial,
  joinRelay,
  logIn,
  type Member,
  newAccount,
  reasonIn,
  reasonOf,
  refreshTokens,
  register,
} from "../../test/support/member.ts";
import { runChatRelay, type SpawnedRelay, spawnRelay } from "../../test/support/relay.ts";

const sources = { sources: true };
let relay: SpawnedRelay;
let alice: Member;
let bob: Member;

beforeAll(async () => {
  relay = await spawnRelay({ ...sources, parameters: ["--registration", "invite"] });
  const token = await invitation("--uses", "20");
  [alice, bob] = await Promise.all([
    joinRelay(relay.url, "alice", "pass alice", token),
    joinRelay(relay.url, "bob", "pass bob", token),
  ]);
});

afterAll(async () => {
  for (const member of [alice, bob]) member?.client.close();
  await relay?.stop();
});

function admin(...parameters: string[]): Promise<Finished> {
  return runChatRelay(["admin", ...parameters, "--data", relay.folder], sources).finished;
}

async function ok(...parameters: string[]): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await admin(...parameters, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return parseLines(stdout);
}

async function invitation(...options: string[]): Promise<string> {
  const { code, stdout, stderr } = await admin("invite", ...options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.trim();
}

const call = (member: Member) =>
  callUnary(member.client, AuthService.method.getSealedAccountKey, {}, member.metadata());

/** A live stream of the member's: how it ends, once Welcome has come. */
async function stream(member: Member): Promise<{ ended: Promise<string> }> {
  const opened = openStream(member.client, MessagingService.method.connect, member.metadata());
  const ended = new Promise<string>((resolve) => {
    opened.on("error", (error) => resolve(reasonIn(error as ServiceError)));
    opened.on("end", () => resolve("well"));
  });
  const hello = { case: "hello", value: { live: true, lease: 1n } } as const;
  opened.write(create(ConnectRequestSchema, { frame: hello }));
  await once(opened, "data");
  return { ended };
}

describe("accounts", () => {
  test("are listed, for a person and for a program", async () => {
    const rows = await ok("accounts");
    expect(rows).toMatchObject([
      { type: "account", name: "alice", devices: 1, disabled_at: null },
      { type: "account", name: "bob", devices: 1, disabled_at: null },
    ]);
    expect(rows[0]?.["account"]).toBe(toHex(alice.chain.accountId));
    for (const key of ["registered_at", "seen_at"]) expect(String(rows[0]?.[key])).toMatch(/^20.*Z$/);
    const { stdout } = await admin("accounts");
    expect(stdout).toMatch(/^NAME +REGISTERED +LAST SEEN +DEVICES\nalice +20\d\d-.*\nbob +20/);
  });

  test("that are disabled are out at once, with tokens and streams, and come back when they are enabled", async () => {
    const [hers, his] = await Promise.all([stream(alice), stream(bob)]);
    expect(await ok("disable", "@Alice")).toEqual([{ type: "account", name: "alice", state: "disabled" }]);
    expect(await hers.ended).toBe("account_disabled");
    expect(await reasonOf(call(alice))).toBe("account_disabled");
    const refresh = () => refreshTokens(alice.client, alice.tokens.refreshToken, alice.device);
    expect(await reasonOf(refresh())).toBe("account_disabled");
    expect(await reasonOf(logIn(alice.client, alice, alice.password))).toBe("account_disabled");
    // Who does not have the password hears nothing of it.
    await expect(logIn(alice.client, alice, "wrong")).rejects.toThrow("does not fit the password");

    expect(await ok("accounts")).toMatchObject([
      { disabled_at: expect.stringMatching(/Z$/) },
      { disabled_at: null },
    ]);
    const { people } = await callUnary(bob.client, DirectoryService.method.listPeople, {}, bob.metadata());
    expect(people.map(({ name }) => name)).toEqual(["bob"]);
    expect(await Promise.race([his.ended, "open still"])).toBe("open still");

    await ok("enable", "alice");
    await call(alice);
    await refresh();
    const again = await stream(alice);
    expect(await Promise.race([again.ended, "open"])).toBe("open");
  });

  test("that are deleted are gone, and their name is free only if the operator says so", async () => {
    const carol = await joinRelay(relay.url, "carol", "pass carol", await invitation());
    const open = await stream(carol);
    await ok("delete", "carol");
    expect(await open.ended).toBe("unknown_device");
    expect(await reasonOf(call(carol))).toBe("unknown_device");
    expect((await ok("accounts")).map(({ name }) => name)).toEqual(["alice", "bob"]);
    const other = await newAccount("carol");
    const token = await invitation();
    expect(await reasonOf(register(carol.client, other, "pass", token))).toBe("name_taken");
    expect(await admin("delete", "carol")).toMatchObject({
      code: 67,
      stderr: expect.stringContaining("was deleted"),
    });
    await ok("delete", "carol", "--free-name");
    await register(carol.client, other, "pass", token);
    await ok("delete", "carol", "--free-name");
    carol.client.close();
  });

  test("that nobody has are 67", async () => {
    for (const command of ["disable", "enable", "delete"]) {
      const { code, stdout, stderr } = await admin(command, "nobody", "--json");
      expect({ code, stdout }).toEqual({ code: 67, stdout: "" });
      expect(JSON.parse(stderr)).toMatchObject({ type: "error", code: "unknown_account" });
    }
  });
});

describe("invitations", () => {
  test("let in whom they are for, are listed until then, and can be withdrawn", async () => {
    const before = await ok("invitations");
    const [made] = await ok("invite", "--uses", "2", "--expires", "7d");
    expect(made).toMatchObject({ type: "invitation", uses: 2, used: 0 });
    const expiry = Date.parse(String(made?.["expires_at"])) - Date.now();
    expect(expiry / 86_400_000).toBeCloseTo(7, 2);
    const client = dial(relay.url);
    await register(client, await newAccount("dave"), "pass", String(made?.["token"]));
    const listed = (await ok("invitations")).find(({ id }) => id === made?.["id"]);
    expect(listed).toMatchObject({ uses: 2, used: 1 });
    expect(JSON.stringify(listed)).not.toContain(String(made?.["token"]));
    await ok("withdraw", String(made?.["id"]));
    expect(await ok("invitations")).toEqual(before);
    const erin = await newAccount("erin");
    expect(await reasonOf(register(client, erin, "pass", String(made?.["token"])))).toBe(
      "invitation_invalid",
    );
    expect(await admin("withdraw", String(made?.["id"]))).toMatchObject({ code: 67 });
    await ok("delete", "dave", "--free-name");
    client.close();
  });
});

test("the relay is found by its environment, and by its file, as it is by flags", async () => {
  const env = { SOTTO_RELAY_DATA: relay.folder, SOTTO_RELAY_LISTEN: "not for an operator" };
  const named = await runChatRelay(["admin", "usage", "--json"], { ...sources, env }).finished;
  expect(named).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining('"accounts":2') });
  const file = join(relay.folder, "relay.env");
  await writeFile(file, `SOTTO_RELAY_DATA=${relay.folder}\nSOTTO_RELAY_WHATEVER=1\n`);
  const wrong = await runChatRelay(["admin", "--config", file, "usage"], sources).finished;
  expect(wrong).toMatchObject({ code: 64, stdout: "" });
  expect(wrong.stderr).toContain(`SOTTO_RELAY_WHATEVER in ${file}:2 is no option of the relay.`);
});

test("usage counts what is there", async () => {
  const [total] = await ok("usage");
  expect(total).toMatchObject({ type: "usage", accounts: 2, disabled: 0, devices: 2, messages: 0 });
  expect(total?.["database_bytes"]).toBeGreaterThan(1_000_000);
  expect((await admin("usage")).stdout).toMatch(
    /^2 accounts \(0 disabled\) with 2 devices\n0 conv.*MiB of database\n$/s,
  );
});

test("keys are rotated while the relay runs, and tokens of the old one live on", async () => {
  expect(await ok("rotate-keys")).toEqual([{ type: "token_keys", kept: 1, dropped: 0 }]);
  await call(alice);
  const keyOf = (token: string) =>
    JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()).kid;
  const before = keyOf(alice.tokens.accessToken);
  await vi.waitFor(async () => {
    alice.tokens = await refreshTokens(alice.client, alice.tokens.refreshToken, alice.device);
    expect(keyOf(alice.tokens.accessToken)).not.toBe(before);
  }, 10_000);
  await call(alice);
});

test.each([
  [[], "A command is missing."],
  [["frobnicate"], "Unknown command 'frobnicate'."],
  [["disable"], "Missing required argument 'NAME'."],
  [["invite", "--uses", "0"], "It is a number from 1"],
  [["invite", "--expires", "soon"], "such as 12h or 7d"],
  [["accounts", "--database-url", "mysql://x"], "--database-url must start with postgres://"],
])("%j is wrong usage", async (parameters, sentence) => {
  const { code, stdout, stderr } = await admin(...parameters);
  expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
  expect(stderr).toContain(sentence);
});

describe("on a folder without a relay that runs", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sotto-admin-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));

  test("nothing is made where no relay ever was", async () => {
    const missing = join(folder, "missing");
    for (const place of [folder, missing]) {
      for (const command of ["accounts", "invite", "rotate-keys"]) {
        const running = runChatRelay(["admin", command, "--data", place], sources);
        const { code, stdout, stderr } = await running.finished;
        expect({ code, stdout }, command).toEqual({ code: 78, stdout: "" });
        expect(stderr).toMatch(/No relay has run|hold the relay's secrets/);
      }
    }
    expect(existsSync(missing)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("its PostgreSQL runs for as long as it takes", async () => {
    const stopped = await spawnRelay({ ...sources });
    const member = await joinRelay(stopped.url, "alice");
    member.client.close();
    const restored = () => runChatRelay(["admin", "restored", "--json", "--data", stopped.folder], sources);
    expect(await restored().finished).toMatchObject({ code: 69, stdout: "" });
    await stopped.process.kill("SIGTERM");
    const parameters = ["admin", "accounts", "--json", "--data", stopped.folder];
    const { code, stdout, stderr } = await runChatRelay(parameters, sources).finished;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(parseLines(stdout)).toMatchObject([{ name: "alice" }]);
    expect(existsSync(join(stopped.folder, "postgres", "data", "postmaster.pid"))).toBe(false);
    expect(await restored().finished).toMatchObject({
      code: 0,
      stdout: '{"type":"restored","conversations":0}\n',
    });
    await stopped.startAgain();
    await stopped.stop();
  });
});
