import { afterEach, expect, test } from "vitest";
import { DirectoryService } from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import { MessagingService } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import { callUnary, openServerStream } from "../../proto/grpc.ts";
import { joinRelay, type Member, reasonIn, reasonOf } from "../../test/support/member.ts";
import { startTestRelay, type TestRelay } from "../../test/support/relay.ts";
import type { DirectoryDoor } from "../doors.ts";

const directory = DirectoryService.method;
const messaging = MessagingService.method;
let relay: TestRelay;
let alice: Member;
let bob: Member;
let carol: Member;

async function open(door: DirectoryDoor): Promise<void> {
  relay = await startTestRelay({ doors: { directory: door } });
  [alice, bob, carol] = await Promise.all([
    joinRelay(relay.url, "alice"),
    joinRelay(relay.url, "bob"),
    joinRelay(relay.url, "carol"),
  ]);
}

afterEach(async () => {
  for (const { client } of [alice, bob, carol]) client.close();
  await relay.stop();
});

const list = () => callUnary(alice.client, directory.listPeople, {}, alice.metadata());

async function lookUp(wanted: { names?: string[]; accountIds?: Uint8Array[] }): Promise<string[]> {
  const { people } = await callUnary(alice.client, directory.lookUpPeople, wanted, alice.metadata());
  return people.map(({ name }) => name);
}

/** How a watch of everybody ends. */
function watch(): Promise<string> {
  const stream = openServerStream(alice.client, directory.watchPeople, {}, alice.metadata());
  return new Promise((resolve) => {
    stream.on("data", () => stream.cancel());
    stream.on("error", (error) => resolve(reasonIn(error as Parameters<typeof reasonIn>[0])));
  });
}

test("by exact name only: nobody is listed, nobody is told who is new, who knows a name finds it", async () => {
  await open("exact");
  expect(await reasonOf(list())).toBe("directory_closed");
  expect(await watch()).toBe("directory_closed");
  expect(await lookUp({ names: ["bob", "bo", "carol"] })).toEqual(["bob", "carol"]);
  expect(await lookUp({ accountIds: [carol.chain.accountId] })).toEqual(["carol"]);
});

test("off: no name is looked up, and no id but of who shares a conversation", async () => {
  await open("off");
  expect(await reasonOf(list())).toBe("directory_closed");
  expect(await watch()).toBe("directory_closed");
  expect(await reasonOf(lookUp({ names: ["bob"] }))).toBe("directory_closed");
  const accountIds = [alice, bob, carol].map(({ chain }) => chain.accountId);
  expect(await lookUp({ accountIds })).toEqual(["alice"]);
  await callUnary(bob.client, messaging.openDirect, { accountId: alice.chain.accountId }, bob.metadata());
  expect(await lookUp({ accountIds })).toEqual(["alice", "bob"]);
});

test("open: everybody is listed", async () => {
  await open("open");
  expect((await list()).people.map(({ name }) => name)).toEqual(["alice", "bob", "carol"]);
  expect(await watch()).toBe("gRPC 1"); // it stood, and was cancelled here
});
