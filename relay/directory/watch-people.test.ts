import type { ClientReadableStream, ServiceError } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { DirectoryService, type WatchPeopleResponse } from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import { openServerStream } from "../../proto/grpc.ts";
import { joinRelay, type Member, reasonIn } from "../../test/support/member.ts";
import { startTestRelay, type TestRelay } from "../../test/support/relay.ts";

let relay: TestRelay;
let watcher: Member;
const members: Member[] = [];

beforeAll(async () => {
  relay = await startTestRelay();
  watcher = await join("watcher");
});

afterAll(async () => {
  for (const { client } of members) client.close();
  await relay.stop();
});

async function join(name: string): Promise<Member> {
  const member = await joinRelay(relay.url, name);
  members.push(member);
  return member;
}

/** Frames as they come, and how it ends. */
function watch() {
  const { client } = watcher;
  const call: ClientReadableStream<WatchPeopleResponse> = openServerStream(
    client,
    DirectoryService.method.watchPeople,
    {},
    watcher.metadata(),
  );
  const frames: string[][] = [];
  call.on("data", ({ people }: WatchPeopleResponse) => frames.push(people.map(({ name }) => name)));
  const ended = new Promise<string>((resolve) => {
    call.on("error", (error: ServiceError) => resolve(reasonIn(error)));
  });
  return { call, frames, ended };
}

test("a watch begins with an empty answer and then tells each new person, once", async () => {
  const { call, frames } = watch();
  await vi.waitFor(() => expect(frames).toEqual([[]]));
  await join("newcomer");
  await join("latecomer");
  await vi.waitFor(() => expect(frames.flat()).toEqual(["newcomer", "latecomer"]));
  call.cancel();
});

test("a device holds sixteen watches and no more, until it ends one", async () => {
  const watches = Array.from({ length: 16 }, watch);
  await vi.waitFor(() => expect(watches.every(({ frames }) => frames.length === 1)).toBe(true));
  expect(await watch().ended).toBe("quota_exceeded");
  watches[0]?.call.cancel();
  await vi.waitFor(async () => {
    const again = watch();
    await vi.waitFor(() => expect(again.frames).toHaveLength(1), 300);
    again.call.cancel();
  }, 3_000);
  for (const { call } of watches) call.cancel();
});

test("a watch ends when the relay drains", async () => {
  const other = await startTestRelay();
  const member = await joinRelay(other.url, "someone");
  const call = openServerStream(member.client, DirectoryService.method.watchPeople, {}, member.metadata());
  const ended = new Promise<string>((resolve) => {
    call.on("error", (error: ServiceError) => resolve(reasonIn(error)));
  });
  await new Promise((resolve) => call.once("data", resolve));
  await other.stop();
  expect(await ended).toBe("relay_unavailable");
  member.client.close();
});
