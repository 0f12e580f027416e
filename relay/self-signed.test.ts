import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadSelfSigned } from "./self-signed.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-self-signed-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("the certificate is made once, even by two relays at once, and is ours alone to read", async () => {
  const now = Date.now();
  const made = await Promise.all([loadSelfSigned(folder, now), loadSelfSigned(folder, now)]);
  const later = await loadSelfSigned(folder, now + 86_400_000);
  expect(new Set([...made, later].map(({ pin }) => pin)).size).toBe(1);
  expect(statSync(join(folder, "self-signed.pem")).mode & 0o777).toBe(0o600);
});

test("it is a certificate like others, without an end", async () => {
  const { certificate, key } = await loadSelfSigned(folder, Date.parse("2026-11-21T12:00:00Z"));
  const parsed = new X509Certificate(certificate);
  expect(parsed.verify(parsed.publicKey)).toBe(true);
  expect(parsed.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(parsed.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect([parsed.validFrom, parsed.validTo]).toEqual([
    "Nov 20 12:00:00 2026 GMT",
    "Dec 31 23:59:59 9999 GMT",
  ]);
});

test("a relay whose file was removed has another", async () => {
  const first = await loadSelfSigned(folder, Date.now());
  rmSync(join(folder, "self-signed.pem"));
  expect((await loadSelfSigned(folder, Date.now())).pin).not.toBe(first.pin);
});

test("a damaged file is refused, not replaced", async () => {
  const { certificate } = await loadSelfSigned(folder, Date.now());
  const path = join(folder, "self-signed.pem");
  for (const text of ["", certificate, readFileSync(path, "utf8").replace("MII", "AAA")]) {
    writeFileSync(path, text);
    await expect(loadSelfSigned(folder, Date.now())).rejects.toMatchObject({
      code: "certificate_unusable",
      exitStatus: 78,
    });
    expect(readFileSync(path, "utf8")).toBe(text);
  }
});
