import { afterEach, beforeEach, expect, it } from "vitest";
import { type AliceAndBob, aliceAndBob } from "../../../test/support/alice-and-bob.ts";
import { closeProfile } from "../../core/profile.ts";
import { readSettings } from "../../core/settings.ts";
import type { Event } from "../model/event.ts";
import { defaultSettings } from "../model/initial.ts";
import type { Session } from "./session.ts";
import { saveSetting, settingsOf } from "./settings.ts";

let world: AliceAndBob;
/** In profiles of tests nobody has to wait. */
const asKept = { ...defaultSettings, requests: false };

beforeEach(async () => {
  world = await aliceAndBob();
});

afterEach(() => world.remove());

function save(name: string, value: string): Event[] {
  const told: Event[] = [];
  const session: Pick<Session, "profile"> = { profile: world.alice.profile };
  void saveSetting(session as Session, { kind: "save setting", name, value }, (event) => told.push(event));
  return told;
}

it("begins as it is until somebody chooses", () => {
  expect(settingsOf(world.alice.profile)).toEqual(asKept);
});

it("keeps what was chosen, for every process, and tells it", () => {
  save("theme", "light");
  save("mouse", "off");
  const told = save("receipts", "off");
  const changed = { ...asKept, theme: "light", mouse: false, receipts: false };
  expect(told).toEqual([{ kind: "chat", data: { what: "settings", settings: changed } }]);
  expect(readSettings(world.alice.profile).receipts).toBe("off");
  const other = world.alice.open();
  expect(settingsOf(other)).toEqual(changed);
  closeProfile(other);
});

it("takes no theme or setting that there is not", () => {
  save("theme", "pink");
  save("relay", "evil");
  expect(settingsOf(world.alice.profile)).toEqual(asKept);
});
