// Fills a profile with conversations and messages, as many as somebody has after years.
import type { Profile } from "../client/core/profile.ts";
import { pinName, saveAccountEntries } from "../client/store/accounts.ts";
import { saveContactStanding } from "../client/store/contacts.ts";
import { addConversation, readConversations } from "../client/store/conversations.ts";
import { type Database, transact } from "../client/store/database.ts";
import { addMessage } from "../client/store/messages.ts";
import { accountId, conversationId, deviceId, hash, messageId } from "../keys/index.ts";
import { anyWord, below, random } from "./words.ts";

const WORDS_EACH = 12;
const BATCH = 2_000;
const YEARS_MS = 3 * 365 * 24 * 60 * 60 * 1_000;

export interface Contact {
  readonly conversation: number;
  readonly account: ReturnType<typeof accountId>;
}

const bytes = (length: number) => new Uint8Array(length).map(() => below(256));

export function fillProfile(profile: Profile, conversations: number, messages: number): void {
  const { db } = profile;
  // What a power cut would leave is not measured. Words are put into the index at the end, which is quicker.
  db.pragma("synchronous = off");
  const triggers = withoutSearch(db);
  const contacts = transact(db, () => Array.from({ length: conversations }, (_, at) => addContact(db, at)));
  const sequences = new Map<number, number>();
  const began = Date.now() - YEARS_MS;
  for (let done = 0; done < messages; done += BATCH) {
    transact(db, () => {
      for (let at = done; at < Math.min(done + BATCH, messages); at += 1) {
        // A few are written to much, and each at least now and then.
        const contact = contacts[at < conversations ? at : below(conversations * random() ** 2)];
        if (contact === undefined) continue;
        const sequence = (sequences.get(contact.conversation) ?? 0) + 1;
        sequences.set(contact.conversation, sequence);
        write(profile, contact, {
          sequence,
          sentAt: began + (at / messages) * YEARS_MS,
          isNew: at > messages * 0.9995,
        });
      }
    });
  }
  for (const sql of triggers) db.exec(sql);
  db.exec("insert into message_search (message_search) values ('rebuild')");
  db.pragma("wal_checkpoint(truncate)");
}

export function write(
  { db, identity }: Pick<Profile, "db" | "identity">,
  { conversation, account }: Contact,
  {
    sequence,
    sentAt,
    isNew,
  }: { readonly sequence: number; readonly sentAt: number; readonly isNew: boolean },
): void {
  const isOwn = !isNew && sequence % 2 === 0;
  addMessage(db, {
    conversation,
    messageId: messageId(bytes(16)),
    accountId: isOwn ? identity.accountId : account,
    deviceId: isOwn ? identity.deviceId : deviceId(account.subarray(0, 16)),
    kind: "text",
    state: isOwn ? "sent" : "received",
    unread: isNew,
    sequence,
    text: Array.from({ length: WORDS_EACH }, anyWord).join(" "),
    sentAt: Math.floor(sentAt),
    ...(isOwn ? {} : { receivedAt: Math.floor(sentAt) + 500 }),
  });
}

function addContact(db: Database, at: number): Contact {
  const name = `person${at}`;
  const account = accountId(bytes(32));
  saveAccountEntries(db, { accountId: account, name, head: { sequence: 1, hash: hash(bytes(32)) } }, 0, []);
  pinName(db, name, account);
  saveContactStanding(db, account, "accepted", 1);
  const conversation = addConversation(db, {
    conversationId: conversationId(bytes(32)),
    kind: "dm",
    peerName: name,
    peerAccount: account,
  });
  return { conversation, account };
}

export function contactsOf(db: Database): Contact[] {
  return readConversations(db).flatMap(({ conversation, peerAccount }) =>
    peerAccount === undefined ? [] : [{ conversation, account: peerAccount }],
  );
}

/** Takes the triggers of the search away; gives what makes them again. */
function withoutSearch(db: Database): string[] {
  const triggers = db
    .prepare<[], { name: string; sql: string }>(
      "select name, sql from sqlite_master where type = 'trigger' and name like 'search%'",
    )
    .all();
  for (const { name } of triggers) db.exec(`drop trigger ${name}`);
  return triggers.map(({ sql }) => sql);
}
