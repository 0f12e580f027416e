import { isKnown, type PersonListed } from "../../core/people/people.ts";
import { watchPeople } from "../../core/people/watch-people.ts";
import type { Tell } from "../runtime.ts";
import { failureOf, personOf } from "./adapt.ts";
import type { Doing } from "./doing.ts";
import type { Live } from "./live.ts";
import { liveOf } from "./live-of.ts";

/** Everybody who is known to be on the relay; whoever comes later is told, as long as the client is open. */
interface Directory {
  readonly people: PersonListed[];
  isComplete: boolean;
}

const directories = new WeakMap<Live, Directory>();

export const listPeople: Doing<"list people"> = (session, _effect, tell) => {
  const live = liveOf(session);
  const known = directories.get(live);
  if (known?.isComplete === true) tellPeople(live, known.people, true, tell);
  return known === undefined ? watch(live, tell) : undefined;
};

async function watch(live: Live, tell: Tell): Promise<void> {
  const directory: Directory = { people: [], isComplete: false };
  directories.set(live, directory);
  try {
    await watchPeople(live.connect, {
      signal: live.signal,
      onPeople: (people) => {
        directory.people.push(...people);
        tellPeople(live, people, !directory.isComplete, tell);
        directory.isComplete = true;
      },
      onConnection: (state, error) => {
        // Who waits for the list hears why it does not come; later the connection's own words say it.
        if (state === "connected" || directory.isComplete || live.signal.aborted) return;
        tell({ kind: "failed", effect: "list people", failure: failureOf(error) });
      },
    });
  } finally {
    directories.delete(live);
  }
}

function tellPeople(live: Live, people: readonly PersonListed[], isWhole: boolean, tell: Tell): void {
  const rows = people.map((person) => personOf(person, isKnown(live.profile, person)));
  tell({ kind: "loaded", loaded: { what: "people", people: rows, isWhole } });
}
