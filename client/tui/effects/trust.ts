import { acceptNewKey, changedKeyOf } from "../../core/people/changed-key.ts";
import { safetyNumberWith } from "../../core/people/safety-number.ts";
import {
  acceptPerson as accept,
  blockPerson as block,
  contactOf,
  findPerson,
  personCalled,
  unblockPerson as unblock,
} from "../../core/people/trust.ts";
import { unverifyPerson, verifyPerson } from "../../core/people/verify.ts";
import { qrRows } from "../../qr.ts";
import { safeText } from "../../safe-text.ts";
import type { Effect } from "../model/effect.ts";
import type { Tell } from "../runtime.ts";
import type { Doing } from "./doing.ts";
import type { Live } from "./live.ts";
import { liveOf } from "./live-of.ts";
import type { Session } from "./session.ts";

/** A group may have the same name. */
function personIn(live: Live, name: string): string {
  const { names } = live.rows;
  return names.numberOf(name) === undefined && !name.startsWith("@") ? `@${name}` : names.destinationOf(name);
}

export const acceptPerson: Doing<"accept person"> = (session, { kind, name }, tell) =>
  change(session, kind, name, tell, async (live, person) => {
    const { name: who } = accept(live.profile, person);
    return `${who} can write to you now, and hears what you have read.`;
  });

export const blockPerson: Doing<"block"> = (session, { kind, name }, tell) =>
  change(session, kind, name, tell, async (live, person) => {
    await findPerson(live.profile, live.connect, person);
    return `Blocked ${block(live.profile, person).name}.`;
  });

export const unblockPerson: Doing<"unblock"> = (session, { kind, name }, tell) =>
  change(session, kind, name, tell, async (live, person) => {
    return `${unblock(live.profile, person).name} is not blocked any more.`;
  });

export const verify: Doing<"verify"> = (session, { kind, name, isSame }, tell) =>
  change(session, kind, name, tell, async (live, person) => {
    await findPerson(live.profile, live.connect, person);
    if (!isSame) {
      unverifyPerson(live.profile, person);
      return undefined;
    }
    return `${verifyPerson(live.profile, person).name} is verified.`;
  });

/** The conversation with the account before keeps what is in it: under the name there is another one now. */
export const acceptKey: Doing<"accept key"> = (session, { kind, name, number, isVerified }, tell) =>
  change(session, kind, name, tell, async (live, person) => {
    const { name: who, formerly } = await acceptNewKey(live.profile, live.connect, person, number);
    if (isVerified) verifyPerson(live.profile, person, number);
    live.close();
    // What the new account wrote so far was not taken, and comes with the next connection.
    live.reconnect();
    return `${who} has new keys from now on. What was said before is in “${formerly}”.`;
  });

export const loadKeyChange: Doing<"key change"> = (session, { name }, tell) => {
  const live = liveOf(session);
  const person = personIn(live, name);
  const found = changedKeyOf(live.profile, person.replace(/^@/, ""));
  if (found === undefined) return;
  const { verifiedAt } = contactOf(live.profile, personCalled(live.profile, person));
  const change = {
    with: name,
    before: found.oldNumber,
    now: found.newNumber,
    wasVerified: verifiedAt !== null,
  };
  tell({ kind: "loaded", loaded: { what: "key change", change } });
};

export const loadSafetyNumber: Doing<"safety number"> = async (session, { name }, tell) => {
  const live = liveOf(session);
  const person = personIn(live, name);
  const account = await findPerson(live.profile, live.connect, person);
  const digits = await safetyNumberWith(live.profile, live.connect, person);
  const { standing, verifiedAt } = contactOf(live.profile, account);
  const number = {
    with: name,
    digits,
    qr: qrRows(digits),
    verifiedAt: verifiedAt ?? undefined,
    standing,
  };
  tell({ kind: "loaded", loaded: { what: "safety number", number } });
};

/** What is decided here is sent with what it led to: receipts that waited, what own devices should know. */
async function change(
  session: Session,
  effect: Effect["kind"],
  name: string,
  tell: Tell,
  work: (live: Live, person: string) => Promise<string | undefined>,
): Promise<void> {
  const live = liveOf(session);
  const said = await work(live, personIn(live, name));
  live.look();
  tell({
    kind: "loaded",
    loaded: {
      what: "done",
      effect,
      conversation: safeText(name),
      said: said === undefined ? undefined : safeText(said),
    },
  });
  live.send();
}
