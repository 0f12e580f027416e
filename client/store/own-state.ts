import { type AccountId, accountId, type DeviceId, deviceId } from "../../keys/index.ts";
import { type Database, statement } from "./database.ts";

/** What has one value on all devices of an account. `read` grows, and needs no version. */
export type OwnRegister = "standing" | "verified" | "notify" | "group" | "setting" | "name";
type OwnKind = OwnRegister | "read" | "wanted";

export interface OwnVersion {
  readonly version: number;
  /** The device that set it. */
  readonly deviceId: DeviceId;
}

const NUMBERS = 2 ** 53;

/** Versions go round, so that none is the last: a device that was stolen may have said any number. Zero says nothing. */
export function nextVersion(version: number): number {
  return version >= NUMBERS - 1 ? 1 : version + 1;
}

/** Whether one is ahead of the other by less than half of the round. */
export function isLaterVersion(one: number, other: number): boolean {
  const ahead = one - other;
  const round = ahead < 0 ? ahead + NUMBERS : ahead;
  return round > 0 && round < NUMBERS / 2;
}

/** Undefined: nobody has said anything of it since the account has several devices. */
export function readOwnVersion(db: Database, kind: OwnRegister, subject: Uint8Array): OwnVersion | undefined {
  const row = statement<[string, Uint8Array], { version: number; device_id: Uint8Array }>(
    db,
    "select version, device_id from own_state where kind = ? and subject = ?",
  ).get(kind, subject);
  return row && { version: row.version, deviceId: deviceId(row.device_id) };
}

export function readOwnValue(
  db: Database,
  kind: OwnRegister | "read",
  subject: Uint8Array,
): string | undefined {
  const row = statement<[string, Uint8Array], { value: string | null }>(
    db,
    "select value from own_state where kind = ? and subject = ?",
  ).get(kind, subject);
  return row?.value ?? undefined;
}

export function saveOwnState(
  db: Database,
  kind: OwnRegister | "read",
  subject: Uint8Array,
  { version, deviceId: device }: OwnVersion,
  value?: string,
): void {
  statement<unknown[], never>(db, "insert or replace into own_state values (?, ?, ?, ?, ?)").run(
    kind,
    subject,
    version,
    device,
    value ?? null,
  );
}

export interface OwnChanged {
  readonly kind: OwnKind;
  readonly subject: Uint8Array;
}

/** The other devices will hear of it, again if they have heard of an earlier value. */
export function addOwnChange(db: Database, { kind, subject }: OwnChanged): void {
  statement<[string, Uint8Array], never>(
    db,
    "insert or replace into own_changes (kind, subject, position) values (?, ?, null)",
  ).run(kind, subject);
}

/** They know it already. */
export function dropOwnChange(db: Database, { kind, subject }: OwnChanged): void {
  statement<[string, Uint8Array], never>(
    db,
    "delete from own_changes where kind = ? and subject = ? and position is null",
  ).run(kind, subject);
}

/** What a message is to tell: what nobody was told yet, and what an earlier seal of it told. It is noted as told by it. */
export function takeOwnChanges(db: Database, position: number, limit: number): OwnChanged[] {
  // What an accepted message has told needs no keeping.
  statement<[], never>(
    db,
    `delete from own_changes where exists (
       select 1 from messages where messages.position = own_changes.position and state = 'sent')`,
  ).run();
  const rows = statement<[number, number], { kind: OwnKind; subject: Uint8Array }>(
    db,
    "select kind, subject from own_changes where position is null or position = ? order by kind, subject limit ?",
  ).all(position, limit);
  const take = statement<[number, string, Uint8Array], never>(
    db,
    "update own_changes set position = ? where kind = ? and subject = ?",
  );
  for (const { kind, subject } of rows) take.run(position, kind, subject);
  return rows.map(({ kind, subject }) => ({ kind, subject: new Uint8Array(subject) }));
}

export function hasOwnChanges(db: Database): boolean {
  return (
    statement<[], unknown>(db, "select 1 from own_changes where position is null limit 1").get() !== undefined
  );
}

/** Whether what is to be told waits to be sealed already. */
export function isTellingQueued(db: Database, self: number): boolean {
  return (
    statement<[number], unknown>(
      db,
      `select 1 from outbox
       where conversation = ? and purpose = 'receipt' and about is null and envelope is null limit 1`,
    ).get(self) !== undefined
  );
}

/** Names that stand for an account here. */
export function readPinnedNames(db: Database): { name: string; account: AccountId }[] {
  return statement<[], { name: string; account_id: Uint8Array }>(
    db,
    "select name, account_id from pinned_names order by name",
  )
    .all()
    .map(({ name, account_id: account }) => ({ name, account: accountId(account) }));
}

/** Groups and rooms by what each was last called on any device, in the order of their ids. */
export function wishedAliases(
  db: Database,
): { conversation: number; alias: string; wish: string; digits: string }[] {
  return statement<[], { conversation: number; alias: string; wish: string; digits: string }>(
    db,
    `select conversation, peer_name as alias, coalesce(json_extract(value, '$.alias'), peer_name) as wish,
       lower(substr(hex(conversation_id), 1, 8)) as digits
     from conversations
     left join own_state on own_state.kind = 'group' and subject = conversation_id
     where conversations.kind in ('group', 'room') and standing = 'member' and conversation_id is not null
     order by conversation_id`,
  ).all();
}
