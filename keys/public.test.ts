import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import * as publicDoor from "./public.ts";
import { ready } from "./sodium.ts";

beforeAll(ready);

/** Every file of keys/ that loading `file` loads. */
function reachable(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const source = readFileSync(new URL(file, import.meta.url), "utf8");
  for (const [, kind, target] of source.matchAll(
    /^(?:import|export)( type)?\b[^;]*?from "\.\/([^"]+)";$/gm,
  )) {
    if (kind === undefined && target !== undefined) reachable(target, seen);
  }
  return seen;
}

const withSecrets = [
  "account-signing.ts",
  "envelope.ts",
  "ephemeral.ts",
  "handshake.ts",
  "hmac.ts",
  "inner.ts",
  "make-prekeys.ts",
  "membership-signing.ts",
  "padding.ts",
  "ratchet.ts",
  "recovery.ts",
  "session.ts",
  "wrap.ts",
];

test("the public door leads to no code that holds secrets", () => {
  const loaded = reachable("public.ts");
  expect(loaded).toContain("account-chain.ts");
  expect(withSecrets.filter((file) => loaded.has(file))).toEqual([]);
});

test("the whole door leads to all of it", () => {
  const loaded = reachable("index.ts");
  expect(withSecrets.filter((file) => !loaded.has(file))).toEqual([]);
});

test("the public door has nothing that takes or makes a secret", () => {
  const names = Object.keys(publicDoor);
  expect(names).toContain("verifyChain");
  expect(
    names.filter((name) => /^(sign([A-Z]|$)|seal|open|create|derive)|[sS]ecret|Keypair/.test(name)),
  ).toEqual([]);
});
