import { connector } from "../../core/connect.ts";
import { listPeople, type PersonListed } from "../../core/people.ts";
import { safeText } from "../../safe-text.ts";
import { type Context, unlessInterrupted } from "../context.ts";
import { personObject } from "../json-objects.ts";
import { moment } from "../times.ts";
import { withProfile } from "../with-profile.ts";

export async function people(context: Context): Promise<void> {
  const { output } = context;
  await withProfile(context, async (profile) => {
    const everybody: PersonListed[] = [];
    const collecting = (async () => {
      for await (const person of listPeople(connector(profile, context.relay))) {
        if (output.json) output.object(personObject(person));
        else everybody.push(person);
      }
    })();
    await unlessInterrupted(context, collecting);
    const nameWidth = Math.max(0, ...everybody.map(({ name }) => name.length));
    for (const { name, registeredAt } of everybody) {
      const shown = output.paint("cyan", safeText(name).padEnd(nameWidth));
      const since = `since ${moment(new Date(registeredAt), context.now())}`;
      output.line(
        `${shown}  ${output.paint("dim", name === profile.identity.name ? `${since}, you` : since)}`,
      );
    }
  });
}
