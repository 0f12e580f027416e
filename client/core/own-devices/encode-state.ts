import type { MessageInitShape } from "@bufbuild/protobuf";
import { accountId } from "../../../keys/index.ts";
import type { OwnReadSchema, OwnValueSchema } from "../../../proto/gen/sotto/chat/v1/content_pb.ts";
import { readPinnedName } from "../../store/accounts.ts";
import { readContact } from "../../store/contacts.ts";
import { findConversation, type StoredConversation } from "../../store/conversations.ts";
import { readCounter } from "../../store/counters.ts";
import { firstLogHash } from "../../store/log-hashes.ts";
import type { Intent } from "../../store/outbox.ts";
import { type OwnRead, readOwnRead } from "../../store/own-reads.ts";
import {
  hasOwnChanges,
  type OwnRegister,
  readOwnValue,
  readOwnVersion,
  takeOwnChanges,
} from "../../store/own-state.ts";
import { isOn, type Settings, settingNames } from "../../store/settings.ts";
import { encodeContent } from "../outbox/encode-content.ts";
import type { Profile } from "../profile.ts";
import { hasOtherDevices, queueTelling } from "./tell.ts";
import { levels, MAX_UNREAD, MAX_VALUES, standings } from "./wire.ts";

type Value = MessageInitShape<typeof OwnValueSchema>;
type Read = MessageInitShape<typeof OwnReadSchema>;

/** What the other devices are told, now that it is sealed; undefined: there is nothing to tell. Inside a transaction. */
export function ownStateFor(profile: Profile, { position }: Intent): Uint8Array | undefined {
  const changes = takeOwnChanges(profile.db, position, MAX_VALUES);
  if (hasOwnChanges(profile.db)) queueTelling(profile, 0);
  if (changes.length === 0 || !hasOtherDevices(profile)) return undefined;
  const reads: Read[] = [];
  const values: Value[] = [];
  let wanted = false;
  for (const { kind, subject } of changes) {
    if (kind === "wanted") wanted = true;
    else if (kind === "read") reads.push(...(readsOf(profile, subject) ?? []));
    else values.push(...(register(profile, kind, subject) ?? []));
  }
  if (!wanted && reads.length === 0 && values.length === 0) return undefined;
  return encodeContent({ case: "ownState", value: { wanted, reads, values } });
}

function readsOf(profile: Profile, id: Uint8Array): Read[] | undefined {
  const stored = findConversation(profile.db, id);
  const read = stored && readHere(profile, stored);
  if (stored?.log === undefined || read === undefined) return undefined;
  return [
    {
      conversationId: id,
      incarnation: stored.log.incarnation,
      after: BigInt(read.after),
      through: BigInt(read.through),
      unread: read.unread.map(BigInt),
    },
  ];
}

/** Undefined: nothing was. */
export function readHere(
  { db }: Profile,
  { conversation, generation }: StoredConversation,
): OwnRead | undefined {
  return readOwnRead(db, conversation, {
    start: firstLogHash(db, conversation, generation),
    floor: readCounter(db, `receipts_after_${conversation}`),
    limit: MAX_UNREAD,
  });
}

function register(profile: Profile, kind: OwnRegister, subject: Uint8Array): Value[] | undefined {
  const set = readOwnVersion(profile.db, kind, subject);
  const about = aboutOf(profile, kind, subject);
  if (set === undefined || about === undefined) return undefined;
  return [{ version: BigInt(set.version), deviceId: set.deviceId, about }];
}

function aboutOf({ db }: Profile, kind: OwnRegister, subject: Uint8Array): Value["about"] | undefined {
  switch (kind) {
    case "standing": {
      const { standing } = readContact(db, accountId(subject));
      return { case: "standing", value: { accountId: subject, standing: standings[standing] } };
    }
    case "verified": {
      const { verifiedAt } = readContact(db, accountId(subject));
      return { case: "verified", value: { accountId: subject, at: BigInt(verifiedAt ?? 0) } };
    }
    case "notify": {
      const level = findConversation(db, subject)?.notify ?? readOwnValue(db, "notify", subject);
      if (level !== "all" && level !== "mentions" && level !== "none") return undefined;
      return { case: "notify", value: { conversationId: subject, notify: levels[level] } };
    }
    case "group": {
      const group = findConversation(db, subject);
      if (group === undefined) return undefined;
      const alias = wishOf(readOwnValue(db, "group", subject)) ?? group.peerName;
      const title = group.kind === "group" ? (group.title ?? "") : "";
      const declined = group.standing === "left" && group.log === undefined;
      const value = { conversationId: subject, alias, title, declined };
      const { invitedBy } = group;
      return {
        case: "group",
        value: group.standing === "invited" && invitedBy ? { ...value, invitedBy } : value,
      };
    }
    case "setting": {
      const name = settingNames.find((each) => each === new TextDecoder().decode(subject));
      return name && { case: "setting", value: { name, on: isOn(db, name satisfies keyof Settings) } };
    }
    case "name": {
      const name = new TextDecoder().decode(subject);
      const pinned = readPinnedName(db, name);
      return pinned && { case: "name", value: { name, accountId: pinned } };
    }
  }
}

/** The alias that was wished for, where another group has it here. */
function wishOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  return (JSON.parse(value) as { alias?: string }).alias;
}
