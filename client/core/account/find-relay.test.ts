import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeCertificate } from "../../../test/support/certificate.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import { parseRelayAddress } from "../../net/relay-address.ts";
import { freePort } from "../connection/free-port.ts";
import { findRelay, relayAnswers, wayTo } from "./find-relay.ts";
import { relayDoors } from "./relay-details.ts";

let folder: string;
let relay: TestRelay;
let secure: TestRelay;
let website: Server;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sotto-find-"));
  const { certPath, keyPath } = await makeCertificate(folder, "relay");
  relay = await startTestRelay();
  secure = await startTestRelay({ tls: { certPath, keyPath } });
  website = createServer((_, answer) => answer.end("hello"));
  await new Promise<void>((resolve) => website.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  website.close();
  await Promise.all([relay.stop(), secure.stop()]);
  rmSync(folder, { recursive: true });
});

const portOf = (url: string) => new URL(url).port;

test.each([
  ["as it is", (url: string) => url],
  ["with spaces around it", (url: string) => `  ${url} `],
  ["without its scheme, on this machine", (url: string) => url.replace("http://", "")],
])("a relay is found by its address %s", async (_, write) => {
  expect(await findRelay(write(relay.url))).toMatchObject({ url: relay.url });
});

test.each(
  ["", "chat", "ftp://127.0.0.1", "http://", "two words"].map((text) => [
    text,
    text === "chat" ? /answers/ : /not the address/,
  ]),
)("%j is not taken for a relay", async (text, message) => {
  await expect(findRelay(text as string)).rejects.toMatchObject({
    message: expect.stringMatching(message as RegExp),
  });
});

test("an address where nobody listens is said to be one", async () => {
  const port = await freePort(20_000);
  await expect(findRelay(`127.0.0.1:${port}`)).rejects.toMatchObject({
    code: "relay_unreachable",
    message: expect.stringContaining("connection refused"),
    hint: "Check the address, and that the relay is running.",
  });
  expect(await relayAnswers(`http://127.0.0.1:${port}`)).toBe(false);
});

test("what is no relay is not taken for one", async () => {
  const { port } = website.address() as AddressInfo;
  await expect(findRelay(`http://127.0.0.1:${port}`)).rejects.toMatchObject({
    hint: expect.not.stringMatching(/--relay|CHAT_/),
  });
  expect(await relayAnswers(`http://127.0.0.1:${port}`)).toBe(false);
});

test("a certificate that nobody vouches for is refused, and so is TLS where there is none", async () => {
  await expect(findRelay(`https://127.0.0.1:${portOf(secure.url)}`)).rejects.toMatchObject({
    code: "security_stop",
    message: expect.stringContaining("certificate"),
  });
  const port = portOf(relay.url);
  await expect(findRelay(`https://127.0.0.1:${port}`)).rejects.toMatchObject({
    hint: expect.stringContaining(`http://127.0.0.1:${port}`),
  });
});

test("a relay with a certificate of its own is found by its whole address, and by no other", async () => {
  const own = await startTestRelay({ tls: "self-signed" });
  try {
    const [origin = "", pin = ""] = own.url.split("#");
    expect(await findRelay(own.url)).toMatchObject({ url: own.url, secure: true });
    expect(await findRelay(own.url.replace("https://", ""))).toMatchObject({ url: own.url });
    await expect(findRelay(origin)).rejects.toMatchObject({
      code: "security_stop",
      hint: expect.stringContaining("#sha256="),
    });
    const elsewhere = `https://127.0.0.1:${portOf(secure.url)}#${pin}`;
    await expect(findRelay(elsewhere)).rejects.toMatchObject({
      code: "security_stop",
      message: expect.stringContaining("not the one that its address names"),
      hint: "Ask the relay's operator for its address of today.",
    });
    expect(await relayDoors(await findRelay(own.url))).toEqual({
      directory: "open",
      registration: "open",
      version: "source",
    });
  } finally {
    await own.stop();
  }
});

test.each([
  ["https://chat.example.org", "tls"],
  ["http://127.0.0.1:7443", "this machine"],
  ["http://[::1]:7443", "this machine"],
  ["http://localhost", "this machine"],
  ["http://10.0.0.1", "open"],
  ["http://localhost.example.org", "open"],
] as const)("the way to %s is: %s", (url, way) => {
  const address = parseRelayAddress(url);
  expect(address && wayTo(address)).toBe(way);
});
