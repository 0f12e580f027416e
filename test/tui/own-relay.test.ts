import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { relayAnswers } from "../../client/core/account/find-relay.ts";
import { freePort } from "../../client/core/connection/free-port.ts";
import { OwnRelay } from "../../client/tui/effects/own-relay.ts";
import { LAUNCHER } from "../support/chat.ts";

let home: string;
let url: string;
const ends: AbortController[] = [];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "sotto-own-"));
  url = `http://127.0.0.1:${await freePort(28_000 + Math.floor(Math.random() * 4_000))}`;
  writeFileSync(join(home, "relay.url"), `${url}\n`);
});

afterEach(async () => {
  for (const end of ends.splice(0)) end.abort();
  const lock = join(home, "relay", "postgres", "data", "postmaster.pid");
  for (let times = 0; times < 200 && existsSync(lock); times += 1) await pause(50);
  rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

function ownRelay(): OwnRelay & { end(): void } {
  const ending = new AbortController();
  ends.push(ending);
  const program = [process.execPath, LAUNCHER];
  return Object.assign(new OwnRelay({ home, signal: ending.signal, program }), { end: () => ending.abort() });
}

async function until(answers: boolean): Promise<void> {
  for (let times = 0; times < 300 && (await relayAnswers(url)) !== answers; times += 1) await pause(50);
  expect(await relayAnswers(url)).toBe(answers);
}

test("of two clients the one that stays brings the relay back that the other took along", async () => {
  const troubles: unknown[] = [];
  const first = ownRelay();
  const second = ownRelay();
  expect(await first.start()).toEqual({ url, isOwn: true });
  expect(await second.start()).toEqual({ url, isOwn: true });
  void second.keep(url, (error) => troubles.push(error));
  await pause(300);
  first.end();
  await until(false);
  await until(true);
  second.end();
  await until(false);
  expect(troubles).toEqual([]);
}, 60_000);

test("a relay that is somebody else's is left to him", async () => {
  const own = ownRelay();
  await own.keep("http://127.0.0.1:1", () => undefined);
  expect(existsSync(join(home, "relay"))).toBe(false);
});

test("why the relay does not start is said as the relay says it", async () => {
  writeFileSync(join(home, "relay"), "no folder");
  await expect(ownRelay().start()).rejects.toMatchObject({
    code: "relay_unreachable",
    message: expect.stringContaining("it is not a folder"),
  });
});
