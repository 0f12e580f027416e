import { spawn } from "node:child_process";
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  createDeviceKeys,
  dmConversationId,
  randomBytes,
  readEnvelopeHeader,
  toHex,
} from "../../../keys/index.ts";
import {
  type AliceAndBob,
  aliceAndBob,
  deliver,
  send,
  sync,
  syncWarily,
  texts,
} from "../../../test/support/alice-and-bob.ts";
import { AccountFixture, type ProfileFixture } from "../../../test/support/profile-fixture.ts";
import { addConversation } from "../../store/conversations.ts";
import { tryLock } from "../../store/lock.ts";
import { listConversations } from "../conversations/list-conversations.ts";
import { waitForMessage } from "../inbox/wait-for-message.ts";
import { readMessages } from "../messages/read-messages.ts";
import { closeProfile } from "../profile.ts";
import { drainOutbox } from "./drain-outbox.ts";
import { sealConversation } from "./seal.ts";
import { messageAt, queueMessage } from "./send-message.ts";
import { submitOutbox } from "./submit-outbox.ts";

let world: AliceAndBob;
let alice: ProfileFixture;
let bob: ProfileFixture;

beforeEach(async () => {
  world = await aliceAndBob();
  ({ alice, bob } = world);
});
afterEach(() => world.remove());

const queue = (to: string, text: string, key?: string) =>
  queueMessage(alice.profile, { to, text, ...(key === undefined ? {} : { key }) });
const attempts = () => world.relay.submits.map(({ envelope }) => readEnvelopeHeader(envelope).attempt);
const count = (at: ProfileFixture, table: string) =>
  (at.profile.db.prepare(`select count(*) as n from ${table}`).get() as { n: number }).n;

test("with the relay away a message stays queued, and goes out with the next drain", async () => {
  world.relay.isDown = true;
  const { position, message } = queue("bob", "later");
  expect(message).toMatchObject({ state: "queued", conversation: "bob" });
  await expect(deliver(alice, position)).rejects.toMatchObject({ code: "unreachable" });
  expect(listConversations(alice.profile)).toMatchObject([{ name: "bob", queued: 1 }]);
  world.relay.isDown = false;
  alice.reopen();
  expect(await drainOutbox(alice.profile, alice.connect)).toBe(true);
  await sync(bob);
  expect(texts(bob)).toEqual(["alice: later"]);
});

test("two processes that drain at once, and find out who it is for at the same time, send it once", async () => {
  queue("nobody", "is looked up first");
  const { position } = queue("bob", "once");
  // A third process has met bob in the instant in which the second queued for a mere name.
  const { accountId } = bob.address;
  addConversation(alice.profile.db, {
    conversationId: dmConversationId(alice.address.accountId, accountId),
    kind: "dm",
    peerName: "bob",
    peerAccount: accountId,
  });
  // The other process takes us for suspended, and is through before our first answer comes.
  const connect = async () => {
    const connection = await alice.connect();
    const lookUpPeople = connection.lookUpPeople.bind(connection);
    const rival = alice.open();
    return Object.assign(connection, {
      lookUpPeople: async (wanted: Parameters<typeof lookUpPeople>[0]) => {
        const theirs = await alice.connect();
        await submitOutbox(rival, theirs, await theirs.openStream({ live: false, lease: 0n }));
        closeProfile(rival);
        return lookUpPeople(wanted);
      },
    });
  };
  expect(await drainOutbox(alice.profile, connect)).toBe(true);
  expect(messageAt(alice.profile, position)).toMatchObject({ state: "sent", conversation: "bob" });
  await sync(bob);
  expect(texts(bob)).toEqual(["alice: once"]);
  expect(count(alice, "outbox")).toBe(0);
});

test("a person unknown here is looked up when there is a relay; one unknown there fails the message", async () => {
  world.relay.isDown = true;
  const toNobody = queue("nobody", "hello?");
  const toBob = queue("bob", "hello");
  world.relay.isDown = false;
  await expect(deliver(alice, toNobody.position)).rejects.toMatchObject({ code: "unknown_person" });
  expect(await deliver(alice, toBob.position)).toMatchObject({ state: "sent" });
  expect(readMessages(alice.profile, { limit: 2 })).toMatchObject([
    { state: "failed", conversation: "nobody", trouble: { code: "unknown_person" } },
    { state: "sent" },
  ]);
  expect(() => readMessages(alice.profile, { conversation: "nobody", limit: 1 })).toThrow("with nobody");
  expect(listConversations(alice.profile).map(({ name }) => name)).toEqual(["bob"]);
  await sync(bob);
  expect(texts(bob)).toEqual(["alice: hello"]);
});

test("what was queued for a mere name joins the conversation that its owner began meanwhile", async () => {
  world.relay.isDown = true;
  const { position } = queue("bob", "from alice", "k");
  world.relay.isDown = false;
  await send(bob, "alice", "from bob");
  const carol = new AccountFixture("carol", world.relay);
  const other = await carol.profile();
  await send(other, "alice", "from carol");
  carol.remove();
  await sync(alice);
  expect(await deliver(alice, position)).toMatchObject({ state: "sent" });
  expect(texts(alice, "bob")).toEqual(["bob: from bob", "alice: from alice"]);
  expect(queue("bob", "from alice", "k")).toMatchObject({ isNew: false, message: { state: "sent" } });
  expect(
    listConversations(alice.profile)
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(["bob", "carol"]);
});

test("a key makes a send happen once; other content under it is refused", async () => {
  const first = queue("bob", "deploy", "build-7");
  const again = queue("bob", "deploy", "build-7");
  expect(again.isNew).toBe(false);
  expect(again.message.id).toBe(first.message.id);
  await deliver(alice, first.position);
  alice.reopen();
  expect(queue("@bob", "deploy", "build-7").message).toMatchObject({ id: first.message.id, state: "sent" });
  expect(() => queue("bob", "rollback", "build-7")).toThrow(first.message.id);
  expect(queue("me", "deploy", "build-7").isNew).toBe(true);
  expect(() => queue("bob", "x", "")).toThrow("A key has 1 to 256 bytes");
  alice.ahead = 31 * 24 * 60 * 60 * 1000;
  await sync(alice);
  expect(queue("bob", "deploy", "build-7").isNew).toBe(false);
  await sync(bob);
  expect(texts(bob)).toEqual(["alice: deploy"]);
});

test("a process that dies before or after any step loses nothing and doubles nothing", async () => {
  const text = (n: number) => `message ${n}`;
  const whole = async () => {
    alice.reopen();
    await drainOutbox(alice.profile, alice.connect);
  };
  const cuts: (() => Promise<void>)[] = [
    // After the intent is queued.
    async () => {},
    // After each call that prepares the first message.
    ...["lookUpPeople", "getAccountChains", "openDirect", "takePrekeyBundles"].map((last) => async () => {
      const connect = async () => {
        const connection = await alice.connect();
        return new Proxy(connection, {
          get: (target, name) => {
            const method: unknown = Reflect.get(target, name);
            if (typeof method !== "function") return method;
            return async (...given: unknown[]) => {
              const answer = await method.apply(target, given);
              if (name === last) throw new Error("cut");
              return answer;
            };
          },
        });
      };
      await drainOutbox(alice.profile, connect).catch(() => undefined);
    }),
    // After it is sealed and before it is submitted.
    async () => {
      const [row] = alice.profile.db
        .prepare("select conversation from conversations where kind = 'dm'")
        .all() as {
        conversation: number;
      }[];
      expect(sealConversation(alice.profile, row?.conversation ?? 0, 1e9)).toEqual({ kind: "sealed" });
    },
    // On the way to the relay, and on the way back.
    ...["break", "break after"].map((where) => async () => {
      let isCut = false;
      world.relay.lies.submit = () => {
        if (isCut) world.relay.isDown = true;
        isCut = true;
        return where as "break";
      };
      await drainOutbox(alice.profile, alice.connect).catch(() => undefined);
      world.relay.isDown = false;
      world.relay.lies = {};
    }),
  ];
  for (const [n, cut] of cuts.entries()) {
    queue("bob", text(n));
    await cut();
    await whole();
  }
  await sync(bob, alice, bob);
  const expected = cuts.map((_, n) => `alice: ${text(n)}`);
  expect(texts(bob)).toEqual(expected);
  expect(texts(alice)).toEqual(expected);
  expect(count(alice, "outbox")).toBe(0);
  await send(bob, "alice", "all there");
  await sync(alice);
  expect(texts(alice).at(-1)).toBe("bob: all there");
});

test("the same bytes go again while the outcome is unknown", async () => {
  await send(alice, "bob", "first");
  const before = world.relay.submits.length;
  const { position } = queue("bob", "second");
  let count = 0;
  world.relay.lies.submit = () => {
    count += 1;
    return count === 1 ? "break after" : undefined;
  };
  expect(await deliver(alice, position)).toMatchObject({ state: "sent" });
  const [one, two] = world.relay.submits.slice(before).map(({ envelope }) => toHex(envelope));
  expect(two).toBe(one);
  expect(world.relay.submits.length).toBe(before + 2);
});

test("a stale roster makes this message and those behind it be sealed anew", async () => {
  const tablet = await world.accounts.bob.addDevice();
  await send(alice, "bob", "one");
  // Nothing waits for her: no head tells her of the new roster before the refusal does.
  await sync(alice);
  for (const text of ["two", "three", "four"]) queue("bob", text);
  world.accounts.bob.removeDevice(tablet.device);
  await drainOutbox(alice.profile, alice.connect);
  expect(attempts()).toEqual([0, 0, 0, 0, 1, 1, 1]);
  await sync(bob);
  expect(texts(bob)).toEqual(["alice: one", "alice: two", "alice: three", "alice: four"]);
  expect(count(bob, "security_events")).toBe(0);
});

test("a roster that is refused again and again ends in a security stop, not in a loop", async () => {
  await send(alice, "bob", "one");
  world.relay.lies.submit = () => "stale_roster";
  const { position } = queue("bob", "two");
  await expect(deliver(alice, position)).rejects.toMatchObject({ code: "security_stop" });
  world.relay.lies = {};
  await send(alice, "bob", "three");
  await sync(bob);
  expect(texts(bob)).toEqual(["alice: one", "alice: three"]);
});

test("a relay that asks to wait is waited for", async () => {
  let refusals = 2;
  world.relay.lies.submit = () => {
    refusals -= 1;
    return refusals >= 0 ? "rate_limited" : undefined;
  };
  expect(await send(alice, "bob", "patience")).toMatchObject({ state: "sent" });
  expect(new Set(world.relay.submits.map(({ envelope }) => toHex(envelope))).size).toBe(1);
  world.relay.lies.submit = () => "rate_limited";
  const { position } = queue("bob", "more");
  await expect(
    waitForMessage(alice.profile, position, { connect: alice.connect, timeout: 300 }),
  ).rejects.toMatchObject({ code: "timed_out" });
  expect(readMessages(alice.profile, { limit: 1 })).toMatchObject([{ state: "queued" }]);
});

test("a relay that cannot store anything is away, and the message waits", async () => {
  world.relay.lies.submit = () => "relay_unavailable";
  const { position } = queue("bob", "later");
  await expect(deliver(alice, position)).rejects.toMatchObject({
    code: "unreachable",
    reason: "relay_unavailable",
  });
  expect(readMessages(alice.profile, { limit: 1 })).toMatchObject([{ state: "queued" }]);
});

test("an id that the relay says is taken fails the message with an alarm", async () => {
  world.relay.lies.submit = () => "message_id_reused";
  const { position } = queue("bob", "x");
  await expect(deliver(alice, position)).rejects.toMatchObject({ code: "security_stop" });
  expect(count(alice, "security_events")).toBe(1);
});

test("trouble in one conversation does not hold up the others, nor break their order", async () => {
  const carol = new AccountFixture("carol", world.relay);
  for (let n = 0; n < 40; n += 1) {
    queue("bob", `b${n}`);
    queue("carol", `c${n}`);
    queue("me", `m${n}`);
  }
  const { position } = queue("bob", "last");
  await deliver(alice, position);
  expect(readMessages(alice.profile, { conversation: "carol", limit: 1 })).toMatchObject([
    {
      state: "failed",
      trouble: { code: "not_allowed", text: expect.stringContaining("None of carol's devices") },
    },
  ]);
  await sync(bob);
  expect(texts(bob)).toEqual([...Array.from({ length: 40 }, (_, n) => `alice: b${n}`), "alice: last"]);
  carol.remove();
});

test("a conversation that the relay has lost is opened anew, and holds nothing up", async () => {
  await send(alice, "bob", "before");
  await sync(bob);
  const { logs, lies } = world.relay;
  const has = (envelope: Uint8Array) => logs.has(toHex(readEnvelopeHeader(envelope).conversation));
  lies.submit = (envelope) => (has(envelope) ? undefined : "unknown_conversation");
  logs.clear();
  queue("me", "a note");
  await send(alice, "bob", "after");
  expect((await syncWarily(bob)).alarms).toEqual([]);
  expect(texts(bob)).toEqual(["alice: before", "alice: after"]);
  expect(texts(alice, "me")).toEqual(["alice: a note"]);
});

test("a device without prekeys is passed over, one that has none yet is asked for later", async () => {
  const bare = createDeviceKeys(randomBytes);
  world.relay.append(world.accounts.bob.accountId, world.accounts.bob.addEntry(bare));
  await send(alice, "bob", "one");
  await send(alice, "bob", "two");
  expect(world.relay.calls.filter((name) => name === "takePrekeyBundles").length).toBe(1);
  await sync(bob);
  expect(texts(bob)).toEqual(["alice: one", "alice: two"]);
});

test("many profiles' processes at once send each message once, in the order of the outbox", async () => {
  await send(alice, "bob", "start");
  const others = Array.from({ length: 4 }, () => alice.open());
  const sent = await Promise.all(
    [...others, ...others].map(async (profile, n) => {
      const { position } = queueMessage(profile, { to: "bob", text: `${n}` });
      return waitForMessage(profile, position, { connect: alice.connect, timeout: 10_000 });
    }),
  );
  expect(sent.every(({ state }) => state === "sent")).toBe(true);
  expect(world.relay.submits.length).toBe(9);
  for (const profile of others) closeProfile(profile);
  await sync(bob);
  expect(texts(bob)).toEqual(
    ["start", "0", "1", "2", "3", "4", "5", "6", "7"].map((text) => `alice: ${text}`),
  );
});

test("a suspended process that holds the drain lock does not hold up the others", async () => {
  await send(alice, "bob", "start");
  const lock = tryLock(alice.paths.drainLock);
  const { position } = queue("bob", "on");
  const waiting = waitForMessage(alice.profile, position, { connect: alice.connect, timeout: 20_000 });
  await sleep(100);
  expect(readMessages(alice.profile, { limit: 1 })).toMatchObject([{ state: "queued" }]);
  const longAgo = new Date(Date.now() - 6_000);
  utimesSync(alice.paths.drainLock, longAgo, longAgo);
  expect(await waiting).toMatchObject({ state: "sent" });
  lock?.release();
});

test("the kernel releases the drain lock of a process that is killed", async () => {
  const program = `
    import { tryLock } from ${JSON.stringify(join(import.meta.dirname, "../../store/lock.ts"))};
    console.log(tryLock(process.argv[1]) ? "locked" : "taken");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, [
    "--input-type=module-typescript",
    "-e",
    program,
    alice.paths.drainLock,
  ]);
  const line = await new Promise<string>((resolve) =>
    child.stdout.once("data", (data) => resolve(String(data))),
  );
  expect(line).toBe("locked\n");
  expect(tryLock(alice.paths.drainLock)).toBeUndefined();
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("exit", resolve));
  const lock = tryLock(alice.paths.drainLock);
  expect(lock).toBeDefined();
  expect(tryLock(alice.paths.drainLock)).toBeUndefined();
  lock?.release();
});
