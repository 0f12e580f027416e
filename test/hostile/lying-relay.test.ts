// What a person sees when the relay lies: real `chat` processes, a real relay, and a liar between the two.
import { cp, mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { readMessages } from "../../client/core/messages/read-messages.ts";
import {
  type ConnectResponse,
  ConnectResponseSchema,
  type Delivery,
  type Roster,
} from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { type Finished, newcomer, type Person, registered } from "../support/chat.ts";
import { acquaint, catchUp, insideOffline, person, say } from "../support/person.ts";
import { startTestRelay, type TestRelay } from "../support/relay.ts";
import { type HostileRelay, hostileRelay } from "./hostile-relay.ts";

let relay: TestRelay;
let liar: HostileRelay;
let alice: Person;
let bob: Person;
let round = 0;

beforeAll(async () => {
  relay = await startTestRelay();
  liar = await hostileRelay(relay.url);
});

afterAll(async () => {
  await liar?.stop();
  await relay?.stop();
});

// Accounts that the lies of one test must not spoil for the next.
beforeEach(async () => {
  round += 1;
  liar.tricks = { answers: {} };
  [alice, bob] = (await Promise.all(["alice", "bob"].map((name) => person(`${name}${round}`, liar.url)))) as [
    Person,
    Person,
  ];
});

afterEach(async () => {
  await alice?.leave();
  await bob?.leave();
});

function expectAlarm(finished: Finished, sentence: RegExp): void {
  expect({ code: finished.code, stderr: finished.stderr }).toEqual({
    code: 76,
    stderr: expect.stringMatching(sentence),
  });
  expect(finished.stderr).toMatch(/ask the people concerned/i);
  expect(finished.stderr).not.toMatch(/\n\s+at |node:internal|\.[jt]s:\d/);
}

function texts(reader: Person, peer: Person): Promise<string[]> {
  return insideOffline(reader, (profile) =>
    readMessages(profile, { conversation: peer.name, limit: 100 }).map(({ text }) => text),
  );
}

/** Changes the deliveries of every frame that has some. */
function deliveries(change: (rows: Delivery[]) => Delivery[]): (frame: ConnectResponse) => ConnectResponse[] {
  return (frame) => {
    if (frame.deliveries.length > 0) frame.deliveries = change(frame.deliveries);
    return [frame];
  };
}

test("a prekey of somebody else's is refused, the message is not sent, and goes out when the truth is back", async () => {
  const mallory = await person(`mallory${round}`, liar.url);
  liar.tricks.answers.takePrekeyBundles = (response) => {
    for (const bundle of response.bundles)
      bundle.signedPrekey = Uint8Array.from(bundle.signedPrekey, (byte, i) => (i === 80 ? byte ^ 1 : byte));
    return response;
  };
  expectAlarm(await alice.chat(["send", bob.name, "secret"]), /key/i);
  liar.tricks = { answers: {} };
  await say(alice, bob.name, "in the clear again");
  await catchUp(bob);
  expect(await texts(bob, alice)).toEqual(["in the clear again"]);
  await mallory.leave();
});

test("a device that the account does not have gets nothing", async () => {
  const mallory = await person(`mallory${round}`, liar.url);
  const [thief] = await mallory.json(["whoami"]);
  const addThief = <R extends { roster?: Roster | undefined }>(response: R): R => {
    const deviceId = Buffer.from(String(thief?.["device"]), "hex");
    const [first] = response.roster?.devices ?? [];
    if (first !== undefined) response.roster?.devices.push({ ...first, deviceId });
    return response;
  };
  liar.tricks.answers.openDirect = addThief;
  liar.tricks.answers.getRoster = addThief;
  expectAlarm(await alice.chat(["send", bob.name, "secret"]), /device/i);
  await mallory.leave();
});

test("a name that leads to another account is a hard stop", async () => {
  const mallory = await person(`mallory${round}`, liar.url);
  let stolen: Uint8Array | undefined;
  liar.tricks.answers.lookUpPeople = (response) => {
    for (const found of response.people) {
      if (found.name === mallory.name) stolen = found.accountId;
      if (found.name === bob.name && stolen !== undefined) found.accountId = stolen;
    }
    return response;
  };
  await say(alice, mallory.name, "hi");
  expectAlarm(await alice.chat(["send", bob.name, "secret"]), /calls itself mallory/);
  await mallory.leave();
});

test("rows that are changed, cut or grown on the way are refused, and read once they come whole", async () => {
  await acquaint(alice, bob);
  await say(alice, bob.name, "the price is 10");
  for (const change of [
    (envelope: Uint8Array) =>
      Uint8Array.from(envelope, (byte, i) => (i === envelope.length - 20 ? byte ^ 4 : byte)),
    (envelope: Uint8Array) => envelope.slice(0, -1),
    (envelope: Uint8Array) => Uint8Array.from([...envelope, 0]),
    (envelope: Uint8Array) => envelope.slice(0, 10),
  ]) {
    liar.tricks.toClient = deliveries((rows) =>
      rows.map((row) => (row.envelope.length === 0 ? row : { ...row, envelope: change(row.envelope) })),
    );
    expectAlarm(await bob.chat(["read", alice.name]), /not those that were sent/);
  }
  liar.tricks.toClient = undefined;
  expect(await bob.ok(["read", alice.name])).toContain("the price is 10");
});

test("a row that is played twice shows once", async () => {
  await acquaint(alice, bob);
  await say(alice, bob.name, "pay me once");
  liar.tricks.toClient = deliveries((rows) => rows.flatMap((row) => [row, row]));
  await catchUp(bob);
  expect((await texts(bob, alice)).filter((text) => text === "pay me once")).toHaveLength(1);
});

test("an old row played again as a new one is not shown again, and the next true message tells on the relay", async () => {
  await acquaint(alice, bob);
  await say(alice, bob.name, "pay me");
  let replayed: Delivery | undefined;
  liar.tricks.toClient = (frame) => {
    replayed = frame.deliveries.find((row) => row.envelope.length > 0) ?? replayed;
    return [frame];
  };
  await catchUp(bob);
  await say(alice, bob.name, "the next true one");
  const original = replayed;
  if (original === undefined) throw new Error("nothing to replay");
  liar.tricks.toClient = deliveries((rows) =>
    rows.flatMap((row) => [
      { ...original, sequence: row.sequence },
      { ...row, sequence: row.sequence + 1n },
    ]),
  );
  expectAlarm(await bob.chat(["read", alice.name]), /a second time/);
  expect((await texts(bob, alice)).filter((text) => text === "pay me")).toHaveLength(1);
});

test("a wrap put under another message opens nothing, and both are shown as unreadable", async () => {
  await acquaint(alice, bob);
  await say(alice, bob.name, "aye");
  await say(alice, bob.name, "nay");
  liar.tricks.toClient = deliveries((rows) => {
    const full = rows.filter((row) => row.wrap.length > 0);
    const wraps = full.map((row) => row.wrap).reverse();
    full.forEach((row, i) => {
      row.wrap = wraps[i] ?? row.wrap;
    });
    return rows;
  });
  const finished = await bob.chat(["read", alice.name, "-n", "2"]);
  expect(finished.stdout).not.toMatch(/\b(aye|nay)\b/);
  expect(finished.stdout.match(/could not be read/g)).toHaveLength(2);
});

test("rows in another order are noticed, and nothing is shown out of order", async () => {
  await acquaint(alice, bob);
  for (const text of ["one", "two", "three"]) await say(alice, bob.name, text);
  liar.tricks.toClient = deliveries((rows) => {
    const numbers = rows.map((row) => row.sequence);
    return rows.toReversed().map((row, i) => ({ ...row, sequence: numbers[i] ?? row.sequence }));
  });
  const finished = await bob.chat(["read", alice.name, "-n", "3"]);
  expect(finished.code).toBe(76);
  expect(finished.stderr).toMatch(/order|history|missing|another/i);
});

test("a row left out is noticed at the next message", async () => {
  await acquaint(alice, bob);
  await say(alice, bob.name, "you never see this");
  await say(alice, bob.name, "but you see this");
  liar.tricks.toClient = deliveries((rows) => {
    const [first, ...rest] = rows;
    return first === undefined ? [] : rest.map((row) => ({ ...row, sequence: row.sequence - 1n }));
  });
  const finished = await bob.chat(["read", alice.name]);
  expectAlarm(finished, /does not hand out/);
});

test.each([
  ["the next place", 1n],
  ["a place that it gave away before", 0n],
])("a relay that acknowledges what it threw away, at %s, is found out", async (_, beyond) => {
  let newest = 0n;
  liar.tricks.toClient = (frame) => {
    for (const { sequence } of [...frame.accepted, ...frame.deliveries]) {
      if (sequence > newest) newest = sequence;
    }
    return [frame];
  };
  await acquaint(alice, bob);
  await catchUp(alice);
  let swallowed = 0n;
  liar.tricks.toRelay = (frame) => {
    if (frame.frame.case !== "submit") return [frame];
    swallowed = frame.frame.value.tag;
    return [{ ...frame, frame: { case: "ping", value: { $typeName: "sotto.relay.v1.Ping", nonce: 7n } } }];
  };
  liar.tricks.toClient = (frame) => {
    if (frame.pong?.nonce !== 7n) return [frame];
    const accepted = [
      {
        tag: swallowed,
        sequence: newest + beyond,
        logHash: new Uint8Array(32).fill(9),
        storedAt: BigInt(Date.now()),
      },
    ];
    return [create(ConnectResponseSchema, { accepted })];
  };
  const sent = await alice.chat(["send", bob.name, "thrown away"]);
  liar.tricks = { answers: {} };
  await say(bob, alice.name, "still here");
  const read = await alice.chat(["read", bob.name]);
  // At once, if the device has seen that place already.
  expectAlarm(sent.code === 76 ? sent : read, /another place|history/);
});

test("frames of garbage end in a clear line, not in a crash", async () => {
  await acquaint(alice, bob);
  const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 89 + 13) & 0xff);
  liar.tricks.toClient = (frame) => [
    create(ConnectResponseSchema, {
      deliveries: [
        {
          conversationId: noise(5),
          sequence: 1n << 60n,
          rowHash: noise(3),
          envelope: noise(77),
          wrap: noise(9),
        },
      ],
      accepted: [{ tag: 999n, sequence: 0n, logHash: noise(2) }],
      heads: [{ conversationId: noise(32), incarnation: noise(1), head: 1n << 62n, members: [noise(31)] }],
    }),
    frame,
  ];
  const finished = await bob.chat(["read", alice.name]);
  expect([0, 69, 76]).toContain(finished.code);
  expect(finished.stderr).not.toMatch(/\n\s+at |node:internal|Something went wrong/);
  liar.tricks = { answers: {} };
  await say(alice, bob.name, "after the noise");
  expect(await bob.ok(["read", alice.name])).toContain("after the noise");
});

test("something that is no relay at all is said so", async () => {
  const server = createServer((_, response) => response.end("<h1>It works!</h1>"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const finished = await alice.chat(["people", "--relay", url]);
  expect([69, 76]).toContain(finished.code);
  expect(finished.stderr).toMatch(/relay/i);
  expect(finished.stderr).not.toMatch(/\n\s+at |Something went wrong/);
  server.close();
});

test("access tokens that ran out are renewed unseen; a stolen profile's reused token signs the device out, a login mends it", async () => {
  await alice.leave();
  alice = await registered("anna", liar.url);
  await acquaint(alice, bob);
  const stolen = await newcomer("thief", liar.url);
  await mkdir(stolen.home, { recursive: true });
  await cp(join(alice.home, "chat"), join(stolen.home, "chat"), { recursive: true });
  for (let renewal = 0; renewal < 2; renewal += 1) {
    relay.ahead += 16 * 60_000;
    await alice.ok(["people", "--quiet"]);
  }
  const thief = await stolen.chat(["people", "--json"]);
  expect(thief.code).toBe(77);
  expect(JSON.parse(thief.stderr)).toMatchObject({
    code: "signed_out",
    hint: expect.stringMatching(/chat login/),
  });
  relay.ahead += 16 * 60_000;
  const owner = await alice.chat(["send", bob.name, "am I still in?"]);
  expect(owner.code).toBe(77);
  expect(owner.stderr).toMatch(/chat login/);
  await alice.ok(["login", alice.name, "--password-file", alice.passwordFile]);
  await say(alice, bob.name, "back");
  await catchUp(bob);
  expect((await texts(bob, alice)).slice(-2)).toEqual(["am I still in?", "back"]);
  await stolen.leave();
});
