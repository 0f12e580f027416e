import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type AliceAndBob, aliceAndBob } from "../../../test/support/alice-and-bob.ts";
import { Drafts } from "../../core/conversations/drafts.ts";
import { closeProfile, openProfile, type Profile } from "../../core/profile.ts";
import type { Event } from "../model/event.ts";
import { followDrafts, saveDraft } from "./drafts.ts";
import type { Session } from "./session.ts";

let world: AliceAndBob;
let other: Profile;
let session: Pick<Session, "signal" | "profile">;
let ending: AbortController;
let told: Event[];
const tell = (event: Event): void => {
  told.push(event);
};

beforeEach(async () => {
  world = await aliceAndBob();
  other = openProfile(world.alice.paths, world.alice.key);
  ending = new AbortController();
  told = [];
  session = { signal: ending.signal, profile: world.alice.profile };
  vi.useFakeTimers();
});
afterEach(() => {
  ending.abort();
  vi.useRealTimers();
  closeProfile(other);
  world.remove();
});

function write(text: string): void {
  void saveDraft(session, { kind: "save draft", conversation: "bob", text }, tell);
}

function draft(conversation: string, text: string): Event {
  return { kind: "chat", data: { what: "draft", conversation, text } };
}

function stored(): string[] {
  return new Drafts(other).news().map(({ text }) => text);
}

test("what is typed is saved soon, however long one types on", () => {
  for (let key = 1; key <= 5; key++) {
    write("x".repeat(key));
    vi.advanceTimersByTime(100);
  }
  expect(stored()).toEqual(["xxx"]);
  vi.advanceTimersByTime(300);
  expect(stored()).toEqual(["xxxxx"]);
});

test("what was typed last is saved when the client ends", () => {
  write("almost los");
  write("almost lost");
  ending.abort();
  expect(stored()).toEqual(["almost lost"]);
});

test("what cannot be saved is said", async () => {
  const saving = saveDraft(session, { kind: "save draft", conversation: "bob", text: "x" }, tell);
  closeProfile(world.alice.profile);
  vi.advanceTimersByTime(300);
  await expect(saving).rejects.toThrow("not open");
});

test("drafts that are there are told at the start, and those of other processes as they come", async () => {
  vi.useRealTimers();
  const elsewhere = new Drafts(other);
  elsewhere.save(new Map([["bob", "before"]]));
  followDrafts(session, world.alice.profile, tell);
  expect(told).toEqual([draft("bob", "before")]);
  elsewhere.save(new Map([["#ops", "meanwhile"]]));
  await vi.waitFor(() => expect(told.slice(1)).toEqual([draft("#ops", "meanwhile")]));
});

test("what another process writes does not replace what is being typed here", async () => {
  vi.useRealTimers();
  followDrafts(session, world.alice.profile, tell);
  write("mine");
  new Drafts(other).save(
    new Map([
      ["bob", "theirs"],
      ["#ops", "meanwhile"],
    ]),
  );
  await vi.waitFor(() => expect(told).toEqual([draft("#ops", "meanwhile")]));
  await vi.waitFor(() => expect(stored()).toContain("mine"));
  expect(told).toHaveLength(1);
});
