import { create } from "@bufbuild/protobuf";
import { expect, test, vi } from "vitest";
import { randomBytes } from "../../../keys/index.ts";
import { PersonSchema } from "../../../proto/gen/sotto/relay/v1/directory_pb.ts";
import { NetError } from "../../net/net-error.ts";
import type { Person, RelayConnection } from "../../net/relay-connection.ts";
import type { Connect } from "../outbox/drain-outbox.ts";
import { watchPeople } from "./watch-people.ts";

const person = (name: string): Person =>
  create(PersonSchema, { name, accountId: randomBytes(32), registeredAt: 1n });

/** A relay that lists and tells what the test wants, and whose connection the test can cut. */
function watching(listed: Person[]) {
  const told: string[][] = [];
  const states: string[] = [];
  const ending = new AbortController();
  let tell: (people: Person[]) => void = () => undefined;
  let cut: (error: NetError | undefined) => void = () => undefined;
  let connections = 0;
  const connection = {
    watchPeople: async (onPeople: (people: Person[]) => void, signal: AbortSignal) => {
      tell = onPeople;
      const closed = new Promise<NetError | undefined>((resolve) => {
        cut = resolve;
        signal.addEventListener("abort", () => resolve(undefined), { once: true });
      });
      return { closed };
    },
    listPeople: async () => ({ people: [...listed], nextPageToken: "" }),
    close: () => undefined,
  } as unknown as RelayConnection;
  const connect: Connect = async () => {
    connections += 1;
    return connection;
  };
  const ended = watchPeople(connect, {
    signal: ending.signal,
    onPeople: (people) => told.push(people.map(({ name }) => name)),
    onConnection: (state) => states.push(state),
  });
  ended.catch(() => undefined);
  return {
    told,
    states,
    ended,
    tell: (people: Person[]) => tell(people),
    cut: (error: NetError) => cut(error),
    connections: () => connections,
    stop: () => ending.abort(),
  };
}

test("everybody is told first, then whoever is new, and nobody twice", async () => {
  const anna = person("anna");
  const bert = person("bert");
  const watch = watching([anna]);
  await vi.waitFor(() => expect(watch.told).toEqual([["anna"]]));
  watch.tell([bert]);
  watch.tell([anna]);
  watch.tell([bert]);
  expect(watch.told).toEqual([["anna"], ["bert"]]);
  watch.stop();
  await watch.ended;
});

test("after a lost connection only those are told who came meanwhile", async () => {
  const listed = [person("anna")];
  const watch = watching(listed);
  await vi.waitFor(() => expect(watch.told).toHaveLength(1));
  listed.push(person("bert"));
  watch.cut(new NetError("unreachable", "cut"));
  await vi.waitFor(() => expect(watch.told).toEqual([["anna"], ["bert"]]), 3_000);
  expect(watch.states).toEqual(["connected", "offline", "connected"]);
  expect(watch.connections()).toBe(2);
  watch.stop();
  await watch.ended;
});

test("a relay that no longer knows the device, or tells a name that nobody can have, ends it", async () => {
  const refused = watching([]);
  await vi.waitFor(() => expect(refused.states).toEqual(["connected"]));
  refused.cut(new NetError("refused", "no", { reason: "unknown_device" }));
  await expect(refused.ended).rejects.toMatchObject({ reason: "unknown_device" });

  const hostile = watching([]);
  await vi.waitFor(() => expect(hostile.states).toEqual(["connected"]));
  hostile.tell([person("\u001b[2J")]);
  await expect(hostile.ended).rejects.toMatchObject({ code: "untrusted" });
});
