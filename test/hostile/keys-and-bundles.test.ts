// What a person sees when the relay lies about keys that sessions begin with, or about what it took and what there is.
import { create } from "@bufbuild/protobuf";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { readMessages } from "../../client/core/messages/read-messages.ts";
import { ownDeviceKeys } from "../../client/core/people/account-chains.ts";
import type { Profile } from "../../client/core/profile.ts";
import {
  createLastResortPrekey,
  createSignedPrekey,
  envelopeHash,
  messageRowHash,
  randomBytes,
  unpackWraps,
} from "../../keys/index.ts";
import { sign } from "../../keys/labelled.ts";
import { labels } from "../../keys/labels.ts";
import { encodePublishedPrekey } from "../../keys/prekeys.ts";
import type { PrekeyBundle } from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import { ErrorReason } from "../../proto/gen/sotto/relay/v1/errors_pb.ts";
import {
  type ConnectRequest,
  type ConnectResponse,
  ConnectResponseSchema,
  DeliverySchema,
  RefusedSchema,
  type Submit,
} from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { Finished } from "../support/chat.ts";
import {
  acquaint as acquaintPeople,
  catchUp as catchUpOf,
  insideOffline,
  say as sayTo,
} from "../support/person.ts";
import { startTestRelay, type TestRelay } from "../support/relay.ts";
import { inside, type Victim, victim } from "./group-scene.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

let relay: TestRelay;
let alice: Victim;
let bob: Victim;
let round = 0;

beforeAll(async () => {
  relay = await startTestRelay();
});

afterAll(() => relay?.stop());

// People who have never met.
beforeEach(async () => {
  round += 1;
  [alice, bob] = (await Promise.all(
    ["alice", "bob"].map((name) => victim(`${name}${round}`, relay.url)),
  )) as [Victim, Victim];
});

afterEach(() => Promise.all([alice, bob].map((each) => each.leave())));

const writes = (from: Victim, to: Victim, text: string, ...options: string[]): Promise<Finished> =>
  from.person.chat(["send", to.name, text, ...options]);
const says = (from: Victim, to: Victim, text: string) => sayTo(from.person, to.name, text);
const acquaint = () => acquaintPeople(alice.person, bob.person);
const reads = (who: Victim, from: Victim): Promise<Finished> => who.person.chat(["read", from.name]);

function texts(who: Victim, from: Victim): Promise<string[]> {
  return insideOffline(who.person, (profile) =>
    readMessages(profile, { conversation: from.name, limit: 100 }).map(({ text }) => text),
  );
}

function expectAlarm({ code, stderr }: Finished, sentence: RegExp): void {
  expect({ code, stderr }).toEqual({ code: 76, stderr: expect.stringMatching(sentence) });
  expect(stderr).toMatch(/ask the people concerned/i);
  expect(stderr).not.toMatch(/\n\s+at |node:internal|\.[jt]s:\d/);
}

function bundles(who: Victim, change: (bundle: PrekeyBundle) => void): void {
  who.liar.tricks.answers.takePrekeyBundles = (response) => {
    for (const bundle of response.bundles) change(bundle);
    return response;
  };
}

const truth = (...all: Victim[]): void => {
  for (const { liar } of all) liar.tricks = { answers: {} };
};

/** The message is not sent, and the next one is as soon as the relay tells the truth. */
async function expectForged(): Promise<void> {
  const sentence = new RegExp(`handed out a key for ${bob.name} that ${bob.name}'s device did not make`);
  expectAlarm(await writes(alice, bob, "for bob only"), sentence);
  truth(alice);
  await says(alice, bob, "to the true bob");
  await catchUpOf(bob.person);
  expect(await texts(bob, alice)).toEqual(["to the true bob"]);
}

/** What bob's own device could make. */
function ofBob<T>(make: (profile: Profile, device: ReturnType<typeof ownDeviceKeys>) => T): Promise<T> {
  return inside(bob, (profile) => make(profile, ownDeviceKeys(profile)));
}

/** A bundle of somebody else's, as alice is given it. */
async function bundleOfCarol(): Promise<PrekeyBundle> {
  const carol = await victim(`carol${round}`, relay.url);
  let taken: PrekeyBundle | undefined;
  bundles(alice, (bundle) => {
    taken = bundle;
  });
  await says(alice, carol, "hello");
  await carol.leave();
  if (taken === undefined) throw new Error("no bundle was taken");
  return taken;
}

test("bundles that are swapped between two people stop the first message", async () => {
  const ofCarol = await bundleOfCarol();
  bundles(alice, (bundle) => {
    bundle.signedPrekey = ofCarol.signedPrekey;
    bundle.kemPrekey = ofCarol.kemPrekey;
  });
  await expectForged();
});

test("one half of a bundle from somebody else stops it too", async () => {
  const ofCarol = await bundleOfCarol();
  bundles(alice, (bundle) => {
    bundle.kemPrekey = ofCarol.kemPrekey;
  });
  await expectForged();
});

test.each<[string, (bundle: PrekeyBundle) => void]>([
  [
    "the signed prekey in the place of the KEM key",
    (bundle) => {
      bundle.kemPrekey = bundle.signedPrekey;
    },
  ],
  [
    "the KEM key in the place of the signed prekey",
    (bundle) => {
      bundle.signedPrekey = bundle.kemPrekey;
    },
  ],
  [
    "nothing in the place of the KEM key",
    (bundle) => {
      bundle.kemPrekey = new Uint8Array();
    },
  ],
])("%s stops the first message", async (_, change) => {
  bundles(alice, change);
  await expectForged();
});

test("a KEM key with a bad modulus is refused, even if the device itself signed it; the relay takes none", async () => {
  const forged = await ofBob(({ identity }, device) => {
    const { published } = createLastResortPrekey({
      accountId: identity.accountId,
      device,
      id: 2,
      createdAt: Date.now(),
      random: randomBytes,
    });
    const body = published.slice(4, -64);
    // The first two coefficients are 12 bits each; 4,095 is above 3,328.
    body.fill(0xff, body.length - 1_184, body.length - 1_184 + 3);
    return encodePublishedPrekey(body, sign(labels.prekey, body, device.signing.secretKey));
  });
  await inside(bob, async (_, connection) => {
    await expect(connection.publishPrekeys({ lastResortPrekey: forged })).rejects.toThrow();
  });
  bundles(alice, (bundle) => {
    bundle.kemPrekey = forged;
  });
  await expectForged();
});

test("a prekey that ran out is not written to: the person is told why, and nothing goes out", async () => {
  const old = await ofBob(({ identity }, device) =>
    createSignedPrekey({
      accountId: identity.accountId,
      device,
      id: 7,
      createdAt: Date.now() - 61 * DAY_MS,
      random: randomBytes,
    }),
  );
  bundles(alice, (bundle) => {
    bundle.signedPrekey = old.published;
  });
  const { code, stderr } = await writes(alice, bob, "anybody there?");
  expect({ code, stderr }).toEqual({
    code: 77,
    stderr: expect.stringContaining(`before ${bob.name} has been online again`),
  });
  await catchUpOf(bob.person);
  await expect(texts(bob, alice)).rejects.toThrow(/no conversation/);
});

test("a relay that never hands out one-time keys gets no less secret first message, nor a second showing of it", async () => {
  await relay.database.query("delete from one_time_prekeys");
  await says(alice, bob, "pay me once");
  const seen: ConnectResponse["deliveries"] = [];
  bob.liar.tricks.toClient = (frame) => {
    seen.push(...frame.deliveries.filter(({ envelope }) => envelope.length > 0));
    return [frame];
  };
  expect(await reads(bob, alice)).toMatchObject({ code: 0, stdout: expect.stringContaining("pay me once") });
  const [first] = seen;
  if (first === undefined) throw new Error("nothing came");
  // It was set up with the last-resort key, of which nothing is used up; and the session is no longer there.
  await inside(bob, ({ db }) => {
    expect(db.prepare("select count(*) as n from prekeys where kind = 'one_time'").get()).toEqual({ n: 200 });
    db.exec("delete from sessions");
  });
  await says(alice, bob, "the next true one");
  bob.liar.tricks.toClient = (frame) => {
    frame.deliveries = frame.deliveries.flatMap((row) => [
      { ...first, sequence: row.sequence },
      { ...row, sequence: row.sequence + 1n },
    ]);
    return [frame];
  };
  expectAlarm(await reads(bob, alice), /a second time/);
  expect((await texts(bob, alice)).filter((text) => text === "pay me once")).toHaveLength(1);
});

function submitOf({ frame }: ConnectRequest): Submit | undefined {
  return frame.case === "submit" ? frame.value : undefined;
}

test("one message in two envelopes, because the relay says that it refused the first, is shown once", async () => {
  await acquaint();
  let kept: Submit | undefined;
  alice.liar.tricks.toRelay = (frame) => {
    const submit = submitOf(frame);
    if (submit === undefined || kept !== undefined) return [frame];
    kept = submit;
    return [{ ...frame, frame: { case: "ping", value: { $typeName: "sotto.relay.v1.Ping", nonce: 7n } } }];
  };
  alice.liar.tricks.toClient = (frame) => {
    if (kept === undefined || frame.pong?.nonce !== 7n) return [frame];
    const refused = [create(RefusedSchema, { tag: kept.tag, reason: ErrorReason.STALE_ROSTER })];
    return [create(ConnectResponseSchema, { refused })];
  };
  expect(await writes(alice, bob, "I agree")).toMatchObject({ code: 0 });
  truth(alice);
  if (kept === undefined) throw new Error("nothing was submitted");
  const { envelope, wraps } = kept;
  // One's own slot is empty.
  const wrap = unpackWraps(wraps).find((each) => each !== null) ?? new Uint8Array();
  bob.liar.tricks.toClient = (frame) => {
    frame.deliveries = frame.deliveries.flatMap((row) => [
      create(DeliverySchema, {
        ...row,
        rowHash: messageRowHash(envelopeHash(envelope)),
        envelope,
        wrap,
      }),
      { ...row, sequence: row.sequence + 1n },
    ]);
    return [frame];
  };
  expectAlarm(await reads(bob, alice), /a second time|another history/);
  expect((await texts(bob, alice)).filter((text) => text === "I agree")).toHaveLength(1);
});

test("a tail that the relay withholds shows in what does not come: delivery is not claimed", async () => {
  await acquaint();
  bob.liar.tricks.toClient = (frame) => {
    for (const head of frame.heads) head.head = head.cursor;
    frame.deliveries = [];
    for (const pulled of frame.pulled) pulled.head = pulled.through;
    return [frame];
  };
  const tail = bob.person.start(["tail", "--json"]);
  const sent = await writes(alice, bob, "the newest", "--wait", "delivered", "--timeout", "4s", "--json");
  expect(sent.code).toBe(75);
  expect(JSON.parse(sent.stdout)).toMatchObject({ state: "sent", missing: [bob.name] });
  await tail.kill("SIGINT");
  expect(tail.lines()).toEqual([]);
  truth(bob);
  expect(await reads(bob, alice)).toMatchObject({ code: 0, stdout: expect.stringContaining("the newest") });
});

test("a log that the relay shows shorter than it was is an alarm", async () => {
  await acquaint();
  await says(alice, bob, "one");
  await catchUpOf(bob.person);
  await says(alice, bob, "two");
  bob.liar.tricks.toClient = (frame) => {
    for (const head of frame.heads) head.head = 1n;
    return [frame];
  };
  expectAlarm(await reads(bob, alice), /older state/);
  truth(bob);
  expect(await reads(bob, alice)).toMatchObject({ code: 0, stdout: expect.stringContaining("two") });
});

test("a relay that takes a message and keeps silent about it makes nobody read it twice", async () => {
  await acquaint();
  alice.liar.tricks.toClient = (frame) => [{ ...frame, accepted: [] }];
  const sent = await writes(alice, bob, "did it take this?", "--timeout", "3s", "--json");
  expect(sent.code).toBe(75);
  expect(JSON.parse(sent.stdout)).toMatchObject({ state: "queued" });
  truth(alice);
  await says(alice, bob, "and this?");
  await catchUpOf(bob.person);
  expect((await texts(bob, alice)).slice(-2)).toEqual(["did it take this?", "and this?"]);
  expect(await texts(alice, bob)).toEqual(await texts(bob, alice));
});
