-- offline
-- What ends: accounts, devices that fall silent, rows that grow old; and what a relay that was put back knows of it.

-- An account that was deleted stays as a tombstone: others' logs and chains refer to it, and its name is nobody else's
-- unless the operator sets it free (null then).
alter table accounts
  add column deleted_at bigint, -- milliseconds since 1970
  alter column name drop not null;

-- A device that is silent for long lapses: it is left out of rosters until it returns. All of a deleted account's have.
alter table devices
  add column seen_at bigint not null default (extract(epoch from now()) * 1000)::bigint,
  add column lapsed_at bigint,
  add column last_lapse_at bigint; -- of a device that has returned: when it had lapsed
create index devices_seen_at on devices (seen_at) where active and lapsed_at is null;

-- Devices that the members' chains have and that this version leaves out; they never change either.
create table roster_absences (
  conversation_id bytea not null,
  version bigint not null,
  account_id bytea not null,
  device_id bytea not null,
  primary key (conversation_id, version, account_id, device_id)
);

-- Rows age in the order in which they were stored.
create index log_aging on log (stored_at) where stub = 0 and kind = 1;
create index token_families_expires_at on token_families (expires_at);

-- Since the database was put back to an older state: the log goes on behind `restored_sequence` as another incarnation.
alter table conversations
  add column restored_at bigint not null default 0, -- milliseconds since 1970; 0: never
  add column restored_sequence bigint not null default 0,
  add column restored_hash bytea, -- the log hash there
  add column first_hash bytea; -- h_0, which can no longer be reckoned from the incarnation
create index conversations_restored on conversations (restored_at) where restored_at > 0;

-- Each data folder's mark, which only grows and is kept in the folder too: one that is behind the folder's was put back.
create table relay_marks (
  folder_id bytea primary key check (octet_length(folder_id) = 16),
  mark bigint not null,
  place text not null -- what the file system says of the folder's file; a copy has another
);
