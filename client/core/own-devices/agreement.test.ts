// Whatever is done on the devices of an account, in whatever order they send and fetch, they end up with the same.
import fc from "fast-check";
import { expect, test } from "vitest";
import { aliceAndBob, send, sync } from "../../../test/support/alice-and-bob.ts";
import type { ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { readContacts } from "../../store/contacts.ts";
import { listConversations } from "../conversations/list-conversations.ts";
import { mute } from "../conversations/mute.ts";
import { markRead, readMessages } from "../messages/read-messages.ts";
import { acceptPerson, blockPerson, unblockPerson } from "../people/trust.ts";
import { verifyPerson } from "../people/verify.ts";
import { changeSetting, readSettings } from "../settings.ts";

const device = fc.nat(2);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("sync" as const), device }) },
  fc.record({
    do: fc.constant("mute" as const),
    device,
    to: fc.constantFrom("all" as const, "mentions" as const, "none" as const),
  }),
  fc.record({
    do: fc.constant("setting" as const),
    device,
    name: fc.constantFrom("typing" as const, "presence" as const, "receipts" as const),
    to: fc.constantFrom("on" as const, "off" as const),
  }),
  fc.record({
    do: fc.constant("standing" as const),
    device,
    to: fc.constantFrom("accept" as const, "block" as const, "unblock" as const, "verify" as const),
  }),
  fc.record({ do: fc.constant("read" as const), device, which: fc.array(fc.nat(5), { maxLength: 4 }) }),
  fc.record({ do: fc.constant("write" as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function take(devices: readonly ProfileFixture[], bob: ProfileFixture, made: Step): Promise<void> {
  if (made.do === "write") {
    await send(bob, "alice", "something");
    return;
  }
  const at = devices[made.device];
  if (at === undefined) throw new Error("no such device");
  switch (made.do) {
    case "sync":
      await sync(at);
      break;
    case "mute":
      mute(at.profile, "bob", made.to);
      break;
    case "setting":
      changeSetting(at.profile, made.name, made.to);
      break;
    case "standing":
      ({ accept: acceptPerson, block: blockPerson, unblock: unblockPerson, verify: verifyPerson })[made.to](
        at.profile,
        "bob",
      );
      break;
    case "read": {
      const unread = readMessages(at.profile, { conversation: "bob", limit: 100, unread: true });
      markRead(
        at.profile,
        made.which.flatMap((index) => unread[index] ?? []),
      );
      break;
    }
  }
}

/** What comes while somebody is blocked is dropped, and not every device hears of that at once. */
function stateOf({ profile }: ProfileFixture, isWhole: boolean) {
  const rows = listConversations(profile);
  return {
    settings: readSettings(profile),
    contacts: readContacts(profile.db),
    levels: rows.map(({ name, notify }) => ({ name, notify })),
    unread: isWhole
      ? readMessages(profile, { conversation: "bob", limit: 200, unread: true }).map(({ id }) => id)
      : [],
  };
}

test("three devices of an account agree in the end on people, mutes, settings and what is read", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const world = await aliceAndBob();
      try {
        const first = world.alice;
        const devices = [
          first,
          await world.accounts.alice.addDevice(),
          await world.accounts.alice.addDevice(),
        ];
        await sync(...devices, ...devices);
        await send(world.bob, "alice", "hello");
        await sync(...devices, ...devices, world.bob);
        for (const made of steps) await take(devices, world.bob, made);
        // Twice: what was told last has to be fetched.
        for (let round = 0; round < 3; round += 1) await sync(...devices);
        const isWhole = !steps.some((made) => made.do === "standing" && made.to === "block");
        const [one, two, three] = devices.map((each) => stateOf(each, isWhole));
        expect(two).toEqual(one);
        expect(three).toEqual(one);
      } finally {
        world.remove();
      }
    }),
    { numRuns: 8 },
  );
});
