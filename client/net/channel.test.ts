import { execFile } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ServerCredentials, status } from "@grpc/grpc-js";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { AuthService } from "../../proto/gen/sotto/relay/v1/auth_pb.ts";
import { makeCertificate } from "../../test/support/certificate.ts";
import { type ScriptedRelay, scriptedRelay } from "../../test/support/scripted-relay.ts";
import { authCalls } from "./auth-calls.ts";
import { type ChannelLimits, openChannel } from "./channel.ts";
import { parseRelayAddress } from "./relay-address.ts";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

function dial(url: string, limits?: ChannelLimits) {
  const address = parseRelayAddress(url);
  if (address === undefined) throw new Error(url);
  const channel = openChannel(address, limits);
  open.push(channel);
  return channel;
}

async function relay(credentials?: ServerCredentials): Promise<ScriptedRelay> {
  const scripted = await scriptedRelay(credentials);
  open.push({ close: () => scripted.stop() });
  return scripted;
}

function listening(server: Server): Promise<number> {
  open.push({ close: () => void server.close() });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

test("an answer comes through, its bytes plain and not a Buffer", async () => {
  const scripted = await relay();
  scripted.answers["getChallenge"] = () => ({ nonce: new Uint8Array(56).fill(7) });
  const nonce = await authCalls(dial(scripted.url)).getChallenge();
  expect(nonce).toEqual(new Uint8Array(56).fill(7));
  expect(Buffer.isBuffer(nonce)).toBe(false);
});

test("a refusal carries its reason and how long to wait", async () => {
  const scripted = await relay();
  scripted.answers["getChallenge"] = () => ({
    status: status.RESOURCE_EXHAUSTED,
    reason: "rate_limited",
    retryAfter: 1500,
  });
  await expect(authCalls(dial(scripted.url)).getChallenge()).rejects.toMatchObject({
    name: "NetError",
    code: "refused",
    reason: "rate_limited",
    retryAfter: 1500,
  });
});

test("a reason that this version does not know is unspecified, and a draining relay is unreachable", async () => {
  const scripted = await relay();
  const calls = authCalls(dial(scripted.url));
  scripted.answers["getChallenge"] = () => ({ status: status.PERMISSION_DENIED, reason: "moon_phase" });
  await expect(calls.getChallenge()).rejects.toMatchObject({ code: "refused", reason: "unspecified" });
  scripted.answers["getChallenge"] = () => ({ status: status.UNAVAILABLE, reason: "relay_unavailable" });
  await expect(calls.getChallenge()).rejects.toMatchObject({ code: "unreachable" });
});

test("nobody listening is unreachable at once", async () => {
  const server = createServer();
  const port = await listening(server);
  server.close();
  const started = performance.now();
  await expect(authCalls(dial(`http://127.0.0.1:${port}`)).getChallenge()).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringContaining("connection refused"),
  });
  expect(performance.now() - started).toBeLessThan(1_000);
});

test("a listener that never says a word is unreachable after the connect timeout", async () => {
  const port = await listening(createServer(() => undefined));
  const channel = dial(`http://127.0.0.1:${port}`, { connectTimeout: 300 });
  await expect(authCalls(channel).getChallenge()).rejects.toMatchObject({ code: "unreachable" });
});

test("a host name that does not resolve is unreachable", async () => {
  await expect(authCalls(dial("http://no-such-host.invalid:1")).getChallenge()).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringContaining("does not resolve"),
  });
});

test("a relay that takes the call and never answers is a timeout", async () => {
  const scripted = await relay();
  scripted.answers["getChallenge"] = () => "silence";
  const channel = dial(scripted.url, { callTimeout: 300 });
  await expect(authCalls(channel).getChallenge()).rejects.toMatchObject({ code: "timeout" });
});

test("a relay that dies under a call is unreachable", async () => {
  const scripted = await relay();
  scripted.answers["getChallenge"] = () => {
    setTimeout(() => scripted.stop(), 20);
    return "silence";
  };
  await expect(authCalls(dial(scripted.url)).getChallenge()).rejects.toMatchObject({ code: "unreachable" });
});

test("what is not a relay, and an answer that lacks its parts, is not trusted", async () => {
  const scripted = await relay();
  await expect(authCalls(dial(scripted.url)).getChallenge()).rejects.toMatchObject({ code: "untrusted" });
  scripted.answers["finishLogin"] = () => ({});
  const calls = authCalls(dial(scripted.url));
  const empty = new Uint8Array();
  const logIn = () =>
    calls.finishLogin({ loginId: empty, finishLoginRequest: "", deviceId: empty, deviceSignature: empty });
  await expect(logIn()).rejects.toMatchObject({ code: "untrusted" });
  for (const accessToken of ["", "not\na header", "x".repeat(3_000)]) {
    scripted.answers["finishLogin"] = () => ({ tokens: { accessToken, refreshToken: "refresh" } });
    await expect(logIn()).rejects.toMatchObject({ code: "untrusted" });
  }
  scripted.answers["finishLogin"] = () => ({ tokens: { accessToken: "a.b-c_d", refreshToken: "refresh" } });
  await expect(logIn()).resolves.toMatchObject({ accessToken: "a.b-c_d" });
});

test("an answer above the receive limit is not trusted", async () => {
  const scripted = await relay();
  scripted.answers["getChallenge"] = () => ({ nonce: new Uint8Array(3 << 20) });
  await expect(authCalls(dial(scripted.url)).getChallenge()).rejects.toMatchObject({ code: "untrusted" });
});

test("garbage instead of a protobuf message is not trusted", async () => {
  const scripted = await relay();
  // The bytes of a StartLoginResponse are no RefreshResponse: field 1 holds 16 bytes that are no Tokens.
  scripted.answers["startLogin"] = () => ({
    loginId: new Uint8Array(16).fill(0xff),
    accountId: new Uint8Array(32),
  });
  const { startLogin, refresh } = AuthService.method;
  const crossed = { ...startLogin, output: refresh.output } as unknown as typeof refresh;
  await expect(dial(scripted.url).unary(crossed, {})).rejects.toMatchObject({ code: "untrusted" });
});

test("TLS is verified: an unknown certificate, or no TLS at all, is not trusted; a known one is", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sotto-tls-"));
  try {
    const { keyPath, certPath } = await makeCertificate(folder, "relay");
    const pair = { private_key: readFileSync(keyPath), cert_chain: readFileSync(certPath) };
    const secure = await relay(ServerCredentials.createSsl(null, [pair]));
    secure.answers["getChallenge"] = () => ({ nonce: new Uint8Array(56) });
    await expect(authCalls(dial(secure.url)).getChallenge()).rejects.toMatchObject({
      code: "untrusted",
      message: expect.stringContaining("certificate"),
    });
    const plain = await relay();
    await expect(authCalls(dial(plain.url.replace("http:", "https:"))).getChallenge()).rejects.toMatchObject({
      code: "untrusted",
    });
    await expect(
      authCalls(dial(secure.url.replace("https:", "http:"), { connectTimeout: 1_000 })).getChallenge(),
    ).rejects.toMatchObject({ code: "unreachable" });

    // Node reads its own list of authorities when it starts.
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", CHALLENGE_LENGTH, secure.url],
      { env: { PATH: process.env["PATH"], NODE_EXTRA_CA_CERTS: certPath, NODE_NO_WARNINGS: "1" } },
    );
    expect(stdout).toBe("56");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe("a pinned certificate", () => {
  const folder = mkdtempSync(join(tmpdir(), "sotto-pin-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function secureRelay(name: string, days?: { from: number; to: number }) {
    const { keyPath, pem } = await makeCertificate(folder, name, days);
    const pair = { private_key: readFileSync(keyPath), cert_chain: Buffer.from(pem) };
    const secure = await relay(ServerCredentials.createSsl(null, [pair]));
    let calls = 0;
    secure.answers["getChallenge"] = () => {
      calls += 1;
      return { nonce: new Uint8Array(56) };
    };
    const pin = createHash("sha256").update(new X509Certificate(pem).raw).digest("base64url");
    return { url: secure.url, pin, calls: () => calls };
  }

  test("is taken, whatever it says of times", async () => {
    for (const days of [
      { from: -1, to: 1 },
      { from: -9, to: -8 },
    ]) {
      const { url, pin } = await secureRelay("right", days);
      expect((await authCalls(dial(`${url}#sha256=${pin}`)).getChallenge()).length).toBe(56);
    }
  });

  test("and no other, which does not see a call", async () => {
    const [right, other] = await Promise.all([secureRelay("one"), secureRelay("two")]);
    const asked = authCalls(dial(`${other.url}#sha256=${right.pin}`)).getChallenge();
    await expect(asked).rejects.toMatchObject({
      code: "untrusted",
      certificate: "not_pinned",
      message: expect.stringContaining("not the one that its address names"),
    });
    expect(other.calls()).toBe(0);
  });

  test("is not asked for where nothing speaks TLS", async () => {
    const [{ pin }, plain] = [await secureRelay("unused"), await relay()];
    const url = `${plain.url.replace("http:", "https:")}#sha256=${pin}`;
    await expect(authCalls(dial(url)).getChallenge()).rejects.toMatchObject({ code: "untrusted" });
  });
});

const here = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
const CHALLENGE_LENGTH = `
  import { authCalls } from ${here("./auth-calls.ts")};
  import { openChannel } from ${here("./channel.ts")};
  import { parseRelayAddress } from ${here("./relay-address.ts")};
  const channel = openChannel(parseRelayAddress(process.argv[1]));
  process.stdout.write(String((await authCalls(channel).getChallenge()).length));
  channel.close();
`;
