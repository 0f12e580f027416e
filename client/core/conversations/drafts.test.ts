import { afterEach, beforeEach, expect, test } from "vitest";
import { type AliceAndBob, aliceAndBob } from "../../../test/support/alice-and-bob.ts";
import { closeProfile, openProfile, type Profile } from "../profile.ts";
import { Drafts } from "./drafts.ts";

let world: AliceAndBob;
let other: Profile;

beforeEach(async () => {
  world = await aliceAndBob();
  other = openProfile(world.alice.paths, world.alice.key);
});
afterEach(() => {
  closeProfile(other);
  world.remove();
});

test("a draft is there for the next process, with people too that nothing was sent to yet", () => {
  new Drafts(world.alice.profile).save(new Map([["carol", "dear\ncarol"]]));
  expect(new Drafts(other).news()).toEqual([{ conversation: "carol", text: "dear\ncarol" }]);
});

test("another process hears of it once, and of its end; who wrote it does not", () => {
  const here = new Drafts(world.alice.profile);
  const there = new Drafts(other);
  here.save(new Map([["bob", "one"]]));
  here.save(new Map([["bob", "two"]]));
  expect(there.news()).toEqual([{ conversation: "bob", text: "two" }]);
  expect(there.news()).toEqual([]);
  here.save(new Map([["bob", ""]]));
  expect(there.news()).toEqual([{ conversation: "bob", text: "" }]);
  expect(here.news()).toEqual([]);
});

test("who writes last is right, and hears of the other conversations", () => {
  const here = new Drafts(world.alice.profile);
  const there = new Drafts(other);
  here.save(
    new Map([
      ["bob", "from here"],
      ["#ops", "also"],
    ]),
  );
  expect(there.save(new Map([["bob", "from there"]]))).toEqual([{ conversation: "#ops", text: "also" }]);
  expect(there.news()).toEqual([]);
  expect(here.news()).toEqual([{ conversation: "bob", text: "from there" }]);
});
