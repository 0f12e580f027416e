import { join } from "node:path";
import { openConsumer } from "../../client/core/inbox/consumers.ts";
import { closeProfile } from "../../client/core/profile.ts";
import { newcomer, type Person } from "../support/chat.ts";
import { enrol, enrolFurther } from "../support/enrolled.ts";
import { acquaint, insideOffline, person } from "../support/person.ts";
import type { Machine, Place } from "./at-work.ts";

const NAMES = ["alice", "bob", "carol"];
export const GREETINGS: ReadonlySet<string> = new Set(["hello", "hello back"]);

/** Three people, one of them with two machines, who know each other and share a room and a group. */
export async function makeMachines(url: string): Promise<Machine[]> {
  const [alice, laptop] = await withTwo("alice", url);
  const bob = await person("bob", url);
  const carol = await person("carol", url);
  await alice.ok(["group", "create", "ops", "--room"]);
  await alice.ok(["group", "create", "team", "bob", "carol"]);
  for (const each of [bob, carol]) {
    await each.ok(["join", "ops"]);
    await each.ok(["read", "--json"]);
    await each.ok(["group", "accept", "team"]);
  }
  await acquaint(alice, bob);
  await acquaint(alice, carol);
  await acquaint(bob, carol);
  await laptop.ok(["read", "--json"]);
  const machines = [
    { name: "alice", person: alice },
    { name: "alice's laptop", person: laptop },
    { name: "bob", person: bob },
    { name: "carol", person: carol },
  ];
  for (const { person: someone } of machines) await beginToFollow(someone);
  return machines.map((each) => ({ ...each, places: placesOf(each.person) }));
}

/** The same account at two machines. */
async function withTwo(name: string, url: string): Promise<[Person, Person]> {
  const [one, other] = [await newcomer(name, url), await newcomer(name, url)];
  const first = await enrol(name, url, join(one.home, "chat"));
  const further = await enrolFurther(first, join(other.home, "chat"));
  for (const { profile } of [first, further]) closeProfile(profile);
  return [one, other];
}

/** From now on its consumer must be shown everything. */
function beginToFollow(someone: Person): Promise<void> {
  return insideOffline(someone, (profile) => {
    const consumer = openConsumer(profile, "history");
    consumer.start();
    consumer.close();
  });
}

function placesOf({ name }: Person): Place[] {
  const others = NAMES.filter((other) => other !== name);
  return [
    { name: "#ops", conversation: "ops" },
    { name: "#team", conversation: "team" },
    ...others.map((other) => ({ name: other, conversation: [name, other].sort().join("+") })),
  ];
}
