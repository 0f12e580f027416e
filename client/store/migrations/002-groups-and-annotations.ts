/** Groups and rooms, and what people do with messages beside writing them. */
export const groupsAndAnnotations = `
-- SQLite changes a check only by a new table. Foreign keys are off while migrations run.
create table new_conversations (
  conversation integer primary key,
  -- Null while provisional: only the peer's name is known.
  conversation_id blob unique,
  kind text not null check (kind in ('self', 'dm', 'group', 'room')),
  -- Of a group or room: its alias here, under which it is written to; unique among those with a standing of member.
  peer_name text not null,
  peer_account blob,
  -- Null until the relay has opened it.
  incarnation blob,
  -- Counts the incarnations seen.
  generation integer not null default 0,
  -- The log is verified and staged up to here,
  log_sequence integer not null default 0,
  log_hash blob,
  -- opened and shown up to here,
  opened_sequence integer not null default 0,
  -- and the relay says that it goes on to here.
  relay_head integer not null default 0,
  roster_version integer,
  roster_hash blob,
  -- The newest roster version that the relay spoke of.
  roster_named integer not null default 0,
  -- What this device sealed last: SPEC §7.3.
  sender_sequence integer not null default 0,
  previous_content blob,
  ephemeral_key blob,
  -- Of this account in it; always 'member' in a direct one.
  standing text not null default 'member' check (standing in ('member', 'invited', 'left', 'removed')),
  -- The verified membership at log_sequence, as keys/ encodes it to be kept; null in a direct one.
  membership blob,
  -- Of a group: as its admins call it. Of a room: its name on the relay.
  title text,
  -- Who invited this account.
  invited_by blob,
  -- What a person wants to hear of it.
  notify text not null default 'all' check (notify in ('all', 'mentions', 'none'))
) strict;
insert into new_conversations (conversation, conversation_id, kind, peer_name, peer_account, incarnation, generation,
  log_sequence, log_hash, opened_sequence, relay_head, roster_version, roster_hash, roster_named, sender_sequence,
  previous_content, ephemeral_key)
select conversation, conversation_id, kind, peer_name, peer_account, incarnation, generation,
  log_sequence, log_hash, opened_sequence, relay_head, roster_version, roster_hash, roster_named, sender_sequence,
  previous_content, ephemeral_key
from conversations;
drop table conversations;
alter table new_conversations rename to conversations;
create unique index provisional_names on conversations (peer_name) where conversation_id is null and kind = 'dm';
create unique index group_aliases on conversations (peer_name) where kind in ('group', 'room') and standing = 'member';

create table new_outbox (
  intent integer primary key autoincrement,
  conversation integer not null references conversations,
  position integer not null references messages,
  -- message: somebody wrote it. confirmation: answers a new session. renewal: sets up a new session.
  -- control: edits, votes and the like, encoded in the message's body. receipt: what it says is reckoned when it is sealed.
  purpose text not null check (purpose in ('message', 'confirmation', 'renewal', 'control', 'receipt')),
  -- The device that a confirmation or renewal is for.
  account_id blob,
  device_id blob,
  session_id blob,
  attempt integer not null default 0,
  -- The sealed attempt, null before: sent again as it is until the relay answers.
  envelope blob,
  wraps blob,
  sender_sequence integer,
  previous_content blob,
  -- Not sealed before: milliseconds since 1970. Receipts wait a little for more to tell.
  due_at integer not null default 0,
  -- The conversation that a receipt is about.
  about integer
) strict;
insert into new_outbox (intent, conversation, position, purpose, account_id, device_id, session_id, attempt, envelope,
  wraps, sender_sequence, previous_content)
select intent, conversation, position, purpose, account_id, device_id, session_id, attempt, envelope, wraps,
  sender_sequence, previous_content
from outbox;
drop table outbox;
alter table new_outbox rename to outbox;
create index outbox_by_conversation on outbox (conversation, intent);

-- A membership entry, in place of envelope and wrap.
alter table staged_rows add column entry blob;
-- The sender's role when the row was staged: 1 member, 2 admin, 3 owner; null in a direct conversation.
alter table staged_rows add column sender_role integer;

alter table messages add column reply_to_device blob;
-- Names this account.
alter table messages add column mentions_me integer not null default 0;
-- Milliseconds since 1970, null: never. Past it, text is null and gone is 1.
alter table messages add column expires_at integer;
alter table messages add column gone integer not null default 0;
-- As the annotations make it: see fold-annotations.
alter table messages add column edited integer not null default 0;
alter table messages add column deleted integer not null default 0;
alter table messages add column pinned integer not null default 0;
-- Of an own message: whose devices it was sealed for, and whether it asks for receipts however many they are.
alter table messages add column roster_version integer;
alter table messages add column wants_receipts integer not null default 0;
-- The account that handed it on from before this one's time.
alter table messages add column shared_by blob;
create index expiring_messages on messages (expires_at) where expires_at is not null and gone = 0;

-- Edits, deletes, reactions, votes and pins, each with its author; a message's shown state is a fold over them.
create table annotations (
  conversation integer not null references conversations,
  target_device blob not null,
  target_message blob not null,
  -- The author's account and device, and the id of the message that carried it.
  account_id blob not null,
  device_id blob not null,
  message_id blob not null,
  kind text not null check (kind in ('edit', 'delete', 'reactions', 'vote', 'pin')),
  version integer not null,
  -- edit: text. reactions: a JSON list of emoji. vote: up, down or none. pin: 1 or 0.
  value text,
  -- The author's role at that row; null in a direct conversation.
  role integer,
  mentions_me integer not null default 0,
  sent_at integer not null,
  primary key (device_id, message_id)
) strict, without rowid;
create index annotations_by_target on annotations (target_device, target_message);

-- How far each member has received and read, by his own word.
create table receipts (
  conversation integer not null references conversations,
  account_id blob not null,
  device_id blob not null,
  delivered_through integer not null default 0,
  read_through integer not null default 0,
  primary key (conversation, account_id, device_id)
) strict, without rowid;

create table unreadable_receipts (
  conversation integer not null references conversations,
  account_id blob not null,
  device_id blob not null,
  sequence integer not null,
  primary key (conversation, account_id, device_id, sequence)
) strict, without rowid;

-- The accounts that own messages were sealed for, without this one.
create table audiences (
  conversation integer not null references conversations,
  roster_version integer not null,
  account_id blob not null,
  primary key (conversation, roster_version, account_id)
) strict, without rowid;

-- What happened, for those who follow; numbered together with the messages.
create table events (
  arrival integer primary key,
  event_id blob not null unique,
  event text not null,
  conversation integer not null references conversations,
  account_id blob not null,
  device_id blob,
  target_device blob,
  target_message blob,
  at integer not null,
  -- JSON.
  details text
) strict;
create index events_by_conversation on events (conversation, arrival);

-- Choices of this profile's owner.
create table settings (
  name text primary key,
  value text not null
) strict, without rowid;
`;
