import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type BareRelay,
  nth,
  type Person,
  startBareRelay,
  type TestDevice,
} from "../../test/support/bare-relay.ts";
import { creation, leave, TestGroup } from "../../test/support/group.ts";
import { reasonOf } from "../../test/support/member.ts";
import { envelopeBy, type Opened, openDirect, RawStream, wrapsBy } from "../../test/support/raw-stream.ts";

const [STRANGERS, FELLOWS, A_DAY] = [3, 6, 3];

let relay: BareRelay;
let names = 0;

beforeAll(async () => {
  relay = await startBareRelay({
    unanswered: { strangers: STRANGERS, fellows: FELLOWS },
    maxOpenedADay: A_DAY,
  });
});

afterAll(() => relay.stop());

async function someone(): Promise<{ person: Person; device: TestDevice }> {
  names += 1;
  const person = await relay.person(`person-${names}`);
  return { person, device: nth(person.devices, 0) };
}

/** Writes so many messages one after another; the answers. */
async function write(from: TestDevice, { roster }: Opened, count: number): Promise<(bigint | string)[]> {
  const stream = await RawStream.open(from);
  const answers: (bigint | string)[] = [];
  for (let n = 0; n < count; n += 1) {
    answers.push(await stream.submit(envelopeBy(from, roster), wrapsBy(from, roster)));
  }
  await stream.finish();
  return answers;
}

test("a stranger who floods is refused until he is answered, and then writes as he likes", async () => {
  const [alice, bob] = [await someone(), await someone()];
  const opened = await openDirect(alice.device, bob.person);
  expect(await write(alice.device, opened, 5)).toEqual([1n, 2n, 3n, "quota_exceeded", "quota_exceeded"]);
  expect(await write(bob.device, opened, 1)).toEqual([4n]);
  expect(await write(alice.device, opened, 5)).toEqual([5n, 6n, 7n, 8n, 9n]);
});

test("what arrives at once is counted too", async () => {
  const [alice, bob] = [await someone(), await someone()];
  const opened = await openDirect(alice.device, bob.person);
  const { roster } = opened;
  const stream = await RawStream.open(alice.device);
  const answers = await Promise.all(
    Array.from({ length: 5 }, () =>
      stream.submit(envelopeBy(alice.device, roster), wrapsBy(alice.device, roster)),
    ),
  );
  expect(answers.filter((answer) => answer === "quota_exceeded").length).toBe(2);
  await stream.finish();
});

test("it counts for whoever did not open the conversation, too", async () => {
  const [alice, bob] = [await someone(), await someone()];
  const opened = await openDirect(alice.device, bob.person);
  expect(await write(bob.device, opened, 4)).toEqual([1n, 2n, 3n, "quota_exceeded"]);
});

test("a message that was taken is acknowledged again, over the quota too", async () => {
  const [alice, bob] = [await someone(), await someone()];
  const { roster } = await openDirect(alice.device, bob.person);
  const stream = await RawStream.open(alice.device);
  const first = [envelopeBy(alice.device, roster), wrapsBy(alice.device, roster)] as const;
  expect(await stream.submit(...first)).toBe(1n);
  await write(alice.device, await openDirect(alice.device, bob.person), STRANGERS);
  expect(await stream.submit(...first)).toBe(1n);
  await stream.finish();
});

test("members of a group have room for what their programs tell each other, until one of them leaves", async () => {
  const [alice, bob] = [await someone(), await someone()];
  const team = await TestGroup.create(alice.device, creation());
  await team.add(alice.device, bob.device);
  const opened = await openDirect(alice.device, bob.person);
  expect(await write(alice.device, opened, 5)).toEqual([1n, 2n, 3n, 4n, 5n]);
  await team.append(bob.device, leave);
  expect(await write(alice.device, opened, 1)).toEqual(["quota_exceeded"]);
});

test("nobody counts notes to oneself", async () => {
  const alice = await someone();
  const opened = await openDirect(alice.device, alice.person);
  expect((await write(alice.device, opened, 5)).at(-1)).toBe(5n);
});

test("an account opens so many conversations a day", async () => {
  const alice = await someone();
  const others = await Promise.all(Array.from({ length: A_DAY + 1 }, someone));
  for (const { person } of others.slice(1)) await openDirect(alice.device, person);
  const one = nth(others, 0).person;
  expect(await reasonOf(openDirect(alice.device, one))).toBe("quota_exceeded");
  // Those that are there are there.
  await openDirect(alice.device, nth(others, 1).person);
  // A day later.
  await relay.database.query(
    "update conversations set opened_at = opened_at - 86400000 where opened_by = $1",
    [alice.person.accountId],
  );
  await openDirect(alice.device, one);
});
