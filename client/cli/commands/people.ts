import { connector } from "../../core/connection/connect.ts";
import { explainFailure } from "../../core/explain-failure.ts";
import { listPeople, type PersonListed } from "../../core/people/people.ts";
import { watchPeople } from "../../core/people/watch-people.ts";
import type { Profile } from "../../core/profile.ts";
import { safeText } from "../../safe-text.ts";
import { type Context, unlessInterrupted } from "../context.ts";
import { personObject } from "../json-objects.ts";
import { dateOf, moment } from "../times.ts";
import { withProfile } from "../with-profile.ts";

/** With `watch`, whoever is new is printed too, until Ctrl-C. */
export async function people(context: Context, options: { readonly watch?: boolean } = {}): Promise<void> {
  await withProfile(context, async (profile) => {
    await (options.watch === true ? watch(context, profile) : list(context, profile));
  });
}

async function list(context: Context, profile: Profile): Promise<void> {
  const { output } = context;
  const everybody: PersonListed[] = [];
  const collecting = (async () => {
    for await (const person of listPeople(connector(profile, context.relay))) {
      if (output.json) output.object(personObject(person));
      else everybody.push(person);
    }
  })();
  await unlessInterrupted(context, collecting);
  print(context, profile, everybody, widestOf(everybody));
}

async function watch(context: Context, profile: Profile): Promise<void> {
  const { output, signal } = context;
  let width = 0;
  let isAway = false;
  await watchPeople(connector(profile, context.relay), {
    signal,
    onPeople: (some) => {
      width = Math.max(width, widestOf(some));
      if (!output.json) print(context, profile, some, width);
      else for (const person of some) output.object(personObject(person));
    },
    onConnection: (state, error) => {
      if (state === "offline" && !isAway) {
        const why = error === undefined ? "The connection broke." : explainFailure(error).message;
        output.note(output.paintNote("dim", `${safeText(why)} Trying again.`));
      }
      if (state === "connected" && isAway) output.note(output.paintNote("dim", "Connected again."));
      isAway = state === "offline";
    },
  });
  signal.throwIfAborted();
}

function print(
  { output, now }: Context,
  { identity }: Profile,
  some: readonly PersonListed[],
  width: number,
): void {
  for (const { name, registeredAt } of some) {
    const shown = output.paint("cyan", safeText(name).padEnd(width));
    const since = `since ${moment(dateOf(registeredAt), now())}`;
    output.line(`${shown}  ${output.paint("dim", name === identity.name ? `${since}, you` : since)}`);
  }
}

function widestOf(some: readonly PersonListed[]): number {
  return Math.max(0, ...some.map(({ name }) => name.length));
}
