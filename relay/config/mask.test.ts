import { expect, test } from "vitest";
import { maskSentence, maskUrl, maskUrls } from "./mask.ts";

test.each([
  [
    "postgres://me:sesame@db.example:5432/chat?sslmode=require",
    "postgres://me:***@db.example:5432/chat?sslmode=require",
  ],
  ["postgres://me@db.example/chat", "postgres://me@db.example/chat"],
  ["postgres://db.example/chat?user=me&password=sesame", "postgres://db.example/chat?user=me&password=***"],
  ["postgres://me:ses@me@db.example/chat", "postgres://me:***@db.example/chat"],
  ["postgres://me:ses/ame@db.example/chat", "postgres://***"],
  ["postgres://me:12/sesame@db.example/chat", "postgres://***"],
])("%s is shown as %s", (url, shown) => {
  expect(maskUrl(url)).toBe(shown);
  expect(shown).not.toMatch(/ses.?ame/);
});

test("a token for NATS is none of anybody's business, nor a password", () => {
  expect(maskUrls("nats://token@a.example:4222,tls://me:sesame@b.example,nats://c.example")).toBe(
    "nats://***@a.example:4222,tls://me:***@b.example,nats://c.example",
  );
});

test("a sentence quotes no secret", () => {
  const sentence = "Unknown option '--database-ulr=postgres://me:sesame@db.example/chat?password=sesame'.";
  expect(maskSentence(sentence)).toBe(
    "Unknown option '--database-ulr=postgres://***@db.example/chat?password=***'.",
  );
});
