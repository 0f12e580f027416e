import { type AccountId, type ConversationId, equal, findDevice } from "../../../keys/index.ts";
import { readAccount, readPinnedName } from "../../store/accounts.ts";
import { readContact, readContacts } from "../../store/contacts.ts";
import { findConversation, readConversation, readConversations } from "../../store/conversations.ts";
import { countUp, readCounter } from "../../store/counters.ts";
import { transact } from "../../store/database.ts";
import {
  addOwnChange,
  isTellingQueued,
  nextVersion,
  type OwnRegister,
  readOwnVersion,
  readPinnedNames,
  saveOwnState,
} from "../../store/own-state.ts";
import { readSetting, type Settings, settingNames } from "../../store/settings.ts";
import { selfConversation } from "../conversations/self-conversation.ts";
import { queueOwnState } from "../outbox/queue-silent.ts";
import { ownChain } from "../people/account-chains.ts";
import type { Profile } from "../profile.ts";

/** What the account's other devices should hear of; the values are read from the store when they are told. */
export type OwnChange =
  | { readonly about: "contact"; readonly account: AccountId }
  | { readonly about: "read" | "mute" | "group"; readonly conversation: number }
  | { readonly about: "setting"; readonly name: keyof Settings }
  /** It stands for another account now. */
  | { readonly about: "name"; readonly name: string };

/** What a name stands for from the first contact on; whoever exchanges that counts up. */
const FIRST_PIN = 1;
/** What is read together is told together. */
const DEBOUNCE_MS = 300;

/** Inside the transaction that made the change. */
export function tellOwnDevices(profile: Profile, change: OwnChange): void {
  const isHeard = hasOtherDevices(profile);
  if (change.about === "read") {
    const id = isHeard ? readConversation(profile.db, change.conversation).conversationId : undefined;
    if (id !== undefined) tell(profile, [{ kind: "read", subject: id }], DEBOUNCE_MS);
    return;
  }
  // Counted for the time when there is somebody to tell.
  const changed = registersOf(profile, change);
  for (const { kind, subject, version } of changed) setOwn(profile, kind, subject, version);
  if (isHeard) tell(profile, changed, 0);
}

export function hasOtherDevices(profile: Profile): boolean {
  return ownChain(profile).devices.length > 1;
}

interface Register {
  readonly kind: OwnRegister;
  readonly subject: Uint8Array;
  /** Where the store counts it. */
  readonly version?: number;
}

function registersOf(profile: Profile, change: Exclude<OwnChange, { about: "read" }>): Register[] {
  const { db } = profile;
  if (change.about === "setting") return [{ kind: "setting", subject: asSubject(change.name) }];
  if (change.about === "contact") return contactRegisters(profile, change.account);
  if (change.about === "name") {
    const subject = asSubject(change.name);
    const version = nextVersion(readOwnVersion(db, "name", subject)?.version ?? FIRST_PIN);
    return [{ kind: "name", subject, version }];
  }
  const { conversationId: id } = readConversation(db, change.conversation);
  if (id === undefined) return [];
  return [{ kind: change.about === "mute" ? "notify" : "group", subject: id }];
}

/** Only what was said of him: the mark is not told anew with his standing. */
function contactRegisters({ db }: Profile, account: AccountId): Register[] {
  const { standingVersion, verifiedVersion } = readContact(db, account);
  const said: Register[] = [];
  const isNews = (kind: OwnRegister, version: number) =>
    version !== (readOwnVersion(db, kind, account)?.version ?? 0);
  if (isNews("standing", standingVersion)) {
    said.push({ kind: "standing", subject: account, version: standingVersion });
  }
  if (isNews("verified", verifiedVersion)) {
    said.push({ kind: "verified", subject: account, version: verifiedVersion });
  }
  const name = readAccount(db, account)?.name;
  const pinned = name === undefined ? undefined : readPinnedName(db, name);
  if (name !== undefined && pinned !== undefined && equal(pinned, account)) {
    const version = readOwnVersion(db, "name", asSubject(name))?.version ?? FIRST_PIN;
    said.push({ kind: "name", subject: asSubject(name), version });
  }
  return said;
}

function setOwn(profile: Profile, kind: OwnRegister, subject: Uint8Array, version?: number): void {
  const { deviceId } = profile.identity;
  const next = version ?? nextVersion(readOwnVersion(profile.db, kind, subject)?.version ?? 0);
  const alias = kind === "group" ? findConversation(profile.db, subject)?.peerName : undefined;
  const value = alias === undefined ? undefined : JSON.stringify({ alias });
  saveOwnState(profile.db, kind, subject, { version: next, deviceId }, value);
}

/** Everything that the account's devices agree on, for one that is new. Inside a transaction. */
export function tellEverything(profile: Profile, afterMs: number): void {
  const { db } = profile;
  const all: Register[] = [
    ...readContacts(db).flatMap(({ accountId, standingVersion, verifiedVersion }) => [
      ...(standingVersion > 0
        ? [{ kind: "standing" as const, subject: accountId, version: standingVersion }]
        : []),
      ...(verifiedVersion > 0
        ? [{ kind: "verified" as const, subject: accountId, version: verifiedVersion }]
        : []),
    ]),
    ...readPinnedNames(db).map(({ name }) => ({
      kind: "name" as const,
      subject: asSubject(name),
      version: readOwnVersion(db, "name", asSubject(name))?.version ?? FIRST_PIN,
    })),
    ...settingNames
      .filter((name) => readSetting(db, name) !== undefined)
      .map((name) => ({ kind: "setting" as const, subject: asSubject(name) })),
  ];
  const reads: { kind: "read"; subject: ConversationId }[] = [];
  for (const { conversationId: id, kind, standing, notify } of readConversations(db)) {
    if (id === undefined) continue;
    if (notify !== "all") all.push({ kind: "notify", subject: id });
    const isGroup = kind === "group" || kind === "room";
    if (isGroup && (standing === "member" || standing === "invited"))
      all.push({ kind: "group", subject: id });
    if (kind !== "self") reads.push({ kind: "read", subject: id });
  }
  for (const { kind, subject, version } of all) {
    if (readOwnVersion(db, kind, subject) === undefined) setOwn(profile, kind, subject, version);
  }
  tell(profile, [...all, ...reads], afterMs);
}

/** A device that was added later asks the others, once, for what they agree on. */
export function greetOwnDevices(profile: Profile): boolean {
  const { db, identity } = profile;
  if (readCounter(db, "own_greeting") > 0) return false;
  const own = findDevice(ownChain(profile), identity.deviceId);
  if (own === undefined || own.addedSequence === 0 || !hasOtherDevices(profile)) return false;
  return transact(db, () => {
    if (countUp(db, "own_greeting") > 1) return false;
    askOwnDevices(profile);
    return true;
  });
}

/** Asks the others for all that they agree on: this device is new, or has lost something. Inside a transaction. */
export function askOwnDevices(profile: Profile): void {
  if (hasOtherDevices(profile)) tell(profile, [{ kind: "wanted", subject: new Uint8Array() }], 0);
}

function tell(
  profile: Profile,
  changed: readonly { readonly kind: OwnRegister | "read" | "wanted"; readonly subject: Uint8Array }[],
  afterMs: number,
): void {
  if (changed.length === 0) return;
  for (const change of changed) addOwnChange(profile.db, change);
  queueTelling(profile, afterMs);
}

/** At most one message waits; what it says is read when it is sealed. */
export function queueTelling(profile: Profile, afterMs: number): void {
  const self = selfConversation(profile);
  if (!isTellingQueued(profile.db, self)) queueOwnState(profile, self, profile.runtime.now() + afterMs);
}

export function asSubject(name: string): Uint8Array {
  return new TextEncoder().encode(name);
}
