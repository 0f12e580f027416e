/**
 * Times are milliseconds since 1970; ids, hashes and keys are bytes. `conversation` and `position` are local numbers,
 * so that a conversation can exist before its id is known.
 */
export const firstSchema = `
-- Who this profile is.
create table identity (
  only integer primary key check (only = 1),
  stage text not null check (stage in ('pending', 'registered')),
  account_id blob not null check (length(account_id) = 32),
  name text not null,
  device_id blob not null check (length(device_id) = 16),
  relay_url text not null,
  genesis blob not null,
  account_public_key blob not null check (length(account_public_key) = 32),
  sealed_account_key blob not null,
  signing_secret_key blob not null check (length(signing_secret_key) = 64),
  agreement_secret_key blob not null check (length(agreement_secret_key) = 32),
  agreement_public_key blob not null check (length(agreement_public_key) = 32),
  opaque_server_key text,
  created_at integer not null
) strict;

-- The recovery words, from the moment they are made until their owner has them.
create table recovery_words (
  only integer primary key check (only = 1),
  words text not null
) strict;

create table tokens (
  only integer primary key check (only = 1),
  access_token text not null,
  access_expires_at integer not null,
  refresh_token text not null
) strict;

-- Numbers that only grow, such as the lease of the live stream, and times of claims.
create table counters (
  name text primary key,
  value integer not null
) strict, without rowid;

-- Accounts whose chain was verified, with the head that is pinned; named_*: the newest head that a message spoke of.
create table accounts (
  account_id blob primary key check (length(account_id) = 32),
  name text not null,
  head_sequence integer not null,
  head_hash blob not null,
  named_sequence integer not null default 0,
  named_hash blob
) strict, without rowid;

create table account_entries (
  account_id blob not null references accounts,
  sequence integer not null,
  entry blob not null,
  primary key (account_id, sequence)
) strict, without rowid;

-- A name stands for the account it was first seen with.
create table pinned_names (
  name text primary key,
  account_id blob not null
) strict, without rowid;

create table conversations (
  conversation integer primary key,
  -- Null while provisional: only the peer's name is known.
  conversation_id blob unique,
  kind text not null check (kind in ('self', 'dm')),
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
  ephemeral_key blob
) strict;
create unique index provisional_names on conversations (peer_name) where conversation_id is null;

-- h_n for each row staged, to compare with what others saw.
create table log_hashes (
  conversation integer not null references conversations,
  generation integer not null,
  sequence integer not null,
  hash blob not null,
  primary key (conversation, generation, sequence)
) strict, without rowid;

-- How far each sending device has counted.
create table senders (
  conversation integer not null references conversations,
  account_id blob not null,
  device_id blob not null,
  sequence integer not null,
  content_hash blob not null,
  ephemeral_key blob not null,
  primary key (conversation, account_id, device_id)
) strict, without rowid;

-- SPEC §5.5: the session with the highest place is the one to send with.
create table sessions (
  session_id blob primary key,
  account_id blob not null,
  device_id blob not null,
  place integer not null,
  state blob not null
) strict, without rowid;
create index sessions_by_device on sessions (account_id, device_id, place);

create table skipped_keys (
  session_id blob not null references sessions on delete cascade,
  chain integer not null,
  n integer not null,
  key blob not null,
  primary key (session_id, chain, n)
) strict, without rowid;

create table seen_sessions (
  session_id blob primary key,
  seen_at integer not null
) strict, without rowid;

-- What is known of a device of somebody beside its sessions.
create table peer_devices (
  account_id blob not null,
  device_id blob not null,
  -- It had nothing published, or nothing fresh: do not ask again before.
  ask_after integer not null default 0,
  renew integer not null default 0,
  renewed_at integer not null default 0,
  primary key (account_id, device_id)
) strict, without rowid;

create table prekeys (
  kind text not null check (kind in ('signed', 'last_resort', 'one_time')),
  id integer not null,
  agreement_secret blob,
  kem_seed blob,
  -- What goes to the relay; null once it is there.
  unpublished blob,
  created_at integer not null,
  -- When a newer one took its place.
  replaced_at integer,
  primary key (kind, id)
) strict, without rowid;

create table messages (
  -- The order in which this profile came to know them.
  position integer primary key,
  conversation integer not null references conversations,
  message_id blob not null check (length(message_id) = 16),
  account_id blob not null,
  device_id blob not null,
  -- Number in the log, null while queued.
  sequence integer,
  -- The order in which they were certain: received, or accepted by the relay. Null before.
  arrival integer unique,
  -- silent: nothing to show. unknown: from a newer version. unreadable: see trouble.
  kind text not null check (kind in ('text', 'silent', 'unknown', 'unreadable')),
  state text not null check (state in ('queued', 'sent', 'failed', 'received')),
  unread integer not null default 0,
  text text,
  reply_to blob,
  content_type integer not null default 1,
  -- Content that this version does not know.
  body blob,
  sent_at integer not null,
  received_at integer,
  -- Why it failed or cannot be read.
  trouble_code text,
  trouble text,
  unique (device_id, message_id)
) strict;
-- The order of the log; what is not in it yet comes last.
create index messages_in_order on messages (conversation, coalesce(sequence, 9007199254740991), position);
create index messages_by_position on messages (conversation, position);
create index messages_by_id on messages (message_id);
create index unread_messages on messages (conversation) where unread = 1;

-- Intents to send, in order; sealed when there is a relay to send to.
create table outbox (
  intent integer primary key autoincrement,
  conversation integer not null references conversations,
  position integer not null references messages,
  -- message: somebody wrote it. confirmation: answers a new session. renewal: sets up a new session.
  purpose text not null check (purpose in ('message', 'confirmation', 'renewal')),
  -- The device that a confirmation or renewal is for.
  account_id blob,
  device_id blob,
  session_id blob,
  attempt integer not null default 0,
  -- The sealed attempt, null before: sent again as it is until the relay answers.
  envelope blob,
  wraps blob,
  sender_sequence integer,
  previous_content blob
) strict;
create index outbox_by_conversation on outbox (conversation, intent);

-- Hashes of the log rows that this device's own envelopes make, and what the relay said of them when it took them.
create table own_rows (
  row_hash blob primary key,
  conversation integer not null references conversations,
  position integer not null references messages,
  sequence integer,
  log_hash blob
) strict, without rowid;
create index own_rows_by_sequence on own_rows (conversation, sequence);

create table idempotency_keys (
  conversation integer not null references conversations,
  key text not null,
  position integer not null references messages,
  content_hash blob not null,
  created_at integer not null,
  primary key (conversation, key)
) strict, without rowid;

-- Rows of a log as they came, until they are opened in the order of their sessions and shown in the order of the log.
create table staged_rows (
  conversation integer not null references conversations,
  sequence integer not null,
  row_hash blob not null,
  envelope blob not null,
  wrap blob not null,
  stub integer not null,
  stored_at integer not null,
  -- Where its wrap stands in a session; null when it has none that can be read.
  session_tag blob,
  chain integer,
  n integer,
  -- waiting: its wrap was not tried yet. ready: it can be shown.
  stage text not null check (stage in ('waiting', 'ready')),
  -- What it was opened with, or why it does not open.
  content_key blob,
  session_id blob,
  cause text,
  primary key (conversation, sequence)
) strict, without rowid;
create index staged_in_session_order on staged_rows (session_tag, chain, n) where stage = 'waiting';

-- What could not be read, kept aside for a while.
create table quarantine (
  position integer primary key references messages,
  envelope blob not null,
  wrap blob not null,
  cause text not null,
  kept_at integer not null
) strict;

create table security_events (
  event integer primary key autoincrement,
  at integer not null,
  kind text not null,
  -- A stop is an alarm; a note is worth knowing.
  gravity text not null check (gravity in ('stop', 'note')),
  account_id blob,
  conversation integer,
  text text not null,
  evidence text
) strict;
`;
