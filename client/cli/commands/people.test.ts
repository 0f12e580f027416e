import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { joinRelay, type Member } from "../../../test/support/member.ts";
import { keptOutput } from "../../../test/support/output.ts";
import { startTestRelay, type TestRelay } from "../../../test/support/relay.ts";
import { recoveryFile } from "../../core/account/recovery-file.ts";
import { register } from "../../core/account/register.ts";
import { ChatError } from "../../core/chat-error.ts";
import { chooseRelay } from "../../core/connection/connect.ts";
import { profilePaths } from "../../core/paths.ts";
import { closeProfile } from "../../core/profile.ts";
import { people } from "./people.ts";

let relay: TestRelay;
let home: string;
let newcomer: Member | undefined;

beforeAll(async () => {
  relay = await startTestRelay();
  home = mkdtempSync(join(tmpdir(), "sotto-people-"));
  const key = new Uint8Array(32).fill(5);
  const paths = profilePaths({ CHAT_HOME: home }, "default");
  const profile = await register({
    name: "anna",
    password: "correct horse",
    relay: chooseRelay(relay.url),
    paths,
    readKey: async () => key,
    createKey: async () => key,
    words: recoveryFile(join(home, "words")),
  });
  closeProfile(profile);
  writeFileSync(paths.key, `sotto-profile-key-1 plain ${Buffer.from(key).toString("hex")}\n`, {
    mode: 0o600,
  });
});

afterAll(async () => {
  newcomer?.client.close();
  await relay.stop();
  rmSync(home, { recursive: true });
});

test("with --watch everybody is printed, then each new person at once, until it is interrupted", async () => {
  const { output, kept } = keptOutput({ json: true });
  const ending = new AbortController();
  const names = () =>
    kept.out
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line).name);
  const watching = people(
    {
      output,
      environment: { CHAT_HOME: home },
      profileName: "default",
      relay: undefined,
      signal: ending.signal,
      now: () => new Date(),
    },
    { watch: true },
  );
  watching.catch(() => undefined);
  await vi.waitFor(() => expect(names()).toEqual(["anna"]), 5_000);
  newcomer = await joinRelay(relay.url, "bert");
  await vi.waitFor(() => expect(names()).toEqual(["anna", "bert"]), 2_000);
  ending.abort(new ChatError("interrupted", "Interrupted."));
  await expect(watching).rejects.toMatchObject({ code: "interrupted" });
});
