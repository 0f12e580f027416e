import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Client, credentials } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AuthService } from "../proto/gen/sotto/relay/v1/auth_pb.ts";
import { callUnary } from "../proto/grpc.ts";
import { makeCertificate } from "../test/support/certificate.ts";
import type { Finished } from "../test/support/chat.ts";
import { dial, joinRelay, logIn, reasonOf } from "../test/support/member.ts";
import { runChatRelay, type SpawnOptions, spawnRelay } from "../test/support/relay.ts";

const auth = AuthService.method;
const sources: SpawnOptions = { sources: true };

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sotto-main-"));
});

afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));

/** What `chat relay` with these parameters said before it gave up. */
function failing(...parameters: string[]): Promise<Finished> {
  return runChatRelay(["--data", join(folder, "unused"), ...parameters], sources).finished;
}

function expectSentence({ code, stdout, stderr }: Finished, status: number, sentence: string): void {
  expect(stderr).toContain(`chat: ${sentence}`);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stdout).toBe("");
  expect(code).toBe(status);
}

async function isRunning(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "State: Z");
  return !/^State:\s+Z/m.test(status);
}

async function expectEnded(pid: number): Promise<void> {
  for (let i = 0; i < 100 && (await isRunning(pid)); i += 1) await pause(50);
  expect(await isRunning(pid)).toBe(false);
}

/** Until its database is back the relay says that it is not available, and nothing else. */
async function whenBack(call: () => Promise<unknown>): Promise<void> {
  let reason: string | undefined;
  for (let tries = 0; tries < 200; tries += 1) {
    reason = await call().then(
      () => undefined,
      (error) => reasonOf(Promise.reject(error)),
    );
    if (reason === undefined) return;
    expect(reason).toBe("relay_unavailable");
    await pause(50);
  }
  throw new Error("it does not come back");
}

describe.concurrent("chat relay says in one sentence why it does not start", () => {
  test("wrong usage", async () => {
    const finished = await failing("--nope");
    expectSentence(finished, 64, "Unknown option '--nope'.");
    expect(finished.stderr).toBe("chat: Unknown option '--nope'.\n      See `chat relay --help`.\n");
  });

  test("wrong usage, to a program", async () => {
    const { code, stderr } = await failing("--json", "--listen", "0.0.0.0:0");
    expect(JSON.parse(stderr)).toMatchObject({ type: "error", code: "insecure_listen" });
    expect(code).toBe(64);
  });

  test("a database that is away, without telling its password", async () => {
    const finished = await failing("--database-url", "postgres://me:sesame@127.0.0.1:1/chat");
    expectSentence(finished, 69, "Cannot use the database at 127.0.0.1:1/chat:");
    expect(finished.stderr).not.toContain("sesame");
  });

  test("a data folder that another relay has", async () => {
    const relay = await spawnRelay(sources);
    const second = await failing("--data", relay.folder, "--listen", "127.0.0.1:0");
    expectSentence(second, 69, `Another relay is running on ${relay.folder}.`);
    const client = dial(relay.url);
    expect(await reasonOf(callUnary(client, auth.getSealedAccountKey, {}))).toBe("token_invalid");
    client.close();
    await relay.stop();
  });
});

describe("chat relay", () => {
  test("helps on stdout", async () => {
    const { code, stdout } = await failing("--help");
    expect(stdout).toMatch(/--listen.*--data.*--database-url.*--tls-cert.*--tls-key.*--behind-proxy/s);
    expect(code).toBe(0);
  });

  test("tells on one line that it is ready, and ends well on SIGTERM", async () => {
    const relay = await spawnRelay({ ...sources, fresh: true });
    const postgres = await relay.postgresPid();
    const member = await joinRelay(relay.url, "alice");
    const secrets = await stat(join(relay.folder, "secrets.json"));
    const password = await stat(join(relay.folder, "postgres", "password"));
    expect((secrets.mode & 0o777).toString(8)).toBe("600");
    expect((password.mode & 0o777).toString(8)).toBe("600");
    const start = Date.now();
    const finished = await relay.process.kill("SIGTERM");
    expect(Date.now() - start).toBeLessThan(5_000);
    expect(finished.stdout).toMatch(/^relay ready on http:\/\/127\.0\.0\.1:\d+\n$/);
    expect(finished.code).toBe(0);
    expect(await isRunning(postgres)).toBe(false);
    expect(await readdir(join(relay.folder, "postgres", "data"))).not.toContain("postmaster.pid");
    for (const line of finished.stderr.trim().split("\n")) JSON.parse(line);
    member.client.close();
    await relay.stop();
  });

  test("logs neither names, ids, passwords nor tokens", async () => {
    const relay = await spawnRelay(sources);
    const member = await joinRelay(relay.url, "canary-name", "canary-password");
    await reasonOf(joinRelay(relay.url, "canary-name", "canary-other"));
    await expect(logIn(member.client, member, "canary-wrong")).rejects.toThrow();
    process.kill(await relay.postgresPid(), "SIGKILL");
    await pause(50);
    await callUnary(member.client, auth.getSealedAccountKey, {}, member.metadata()).catch(() => undefined);
    const { stderr } = await relay.stop();
    expect(stderr).toContain("PostgreSQL ended by itself");
    expect(stderr).not.toContain("canary");
    const { accountId } = member.chain;
    for (const secret of [accountId, member.device.deviceId, member.device.signing.publicKey]) {
      expect(stderr).not.toContain(Buffer.from(secret).toString("hex"));
      expect(stderr).not.toContain(Buffer.from(secret).toString("base64url"));
    }
    expect(stderr).not.toContain(member.tokens.accessToken);
    expect(stderr).not.toContain(member.tokens.refreshToken);
    expect(stderr).not.toContain("127.0.0.1");
    member.client.close();
  });

  test("exits at once on a second signal", async () => {
    const relay = await spawnRelay(sources);
    const postgres = await relay.postgresPid();
    relay.process.process.kill("SIGINT");
    relay.process.process.kill("SIGINT");
    const { code } = await relay.process.finished;
    expect([0, 130]).toContain(code); // 0: it had drained before it saw the second
    await expectEnded(postgres);
    await relay.stop();
  });

  for (const victim of ["relay", "postgres", "both"] as const) {
    test(`keeps what it has answered for when ${victim} is killed`, async () => {
      const relay = await spawnRelay(sources);
      const members = await Promise.all(["ann", "ben", "cat"].map((name) => joinRelay(relay.url, name)));
      const postgres = await relay.postgresPid();
      await relay.kill(victim);
      if (victim !== "postgres") await relay.startAgain();
      for (const member of members) {
        const client = dial(relay.url);
        await whenBack(() => callUnary(client, auth.getSealedAccountKey, {}, member.metadata()));
        await whenBack(() => logIn(client, member, member.password));
        client.close();
        member.client.close();
      }
      await expectEnded(postgres);
      const { code, stderr } = await relay.stop();
      expect(code).toBe(0);
      expect(stderr).not.toContain("unforeseen");
    });
  }

  test("serves TLS", async () => {
    const { certPath, keyPath, pem } = await makeCertificate(folder, "served");
    const relay = await spawnRelay({
      ...sources,
      parameters: ["--listen", "0.0.0.0:0", "--tls-cert", certPath, "--tls-key", keyPath],
    });
    expect(relay.url).toMatch(/^https:\/\/0\.0\.0\.0:\d+$/);
    const address = `127.0.0.1:${new URL(relay.url).port}`;
    const options = { "grpc.ssl_target_name_override": "localhost", "grpc.default_authority": "localhost" };
    const trusting = new Client(address, credentials.createSsl(Buffer.from(pem)), options);
    const { nonce } = await callUnary(trusting, auth.getChallenge, {});
    expect(nonce.length).toBe(56);
    const others = [
      new Client(address, credentials.createSsl(), options),
      new Client(address, credentials.createInsecure()),
    ];
    for (const client of others) {
      expect(await reasonOf(callUnary(client, auth.getChallenge, {}))).toBe("gRPC 14");
    }
    for (const client of [trusting, ...others]) client.close();
    await relay.stop();
  });
});
