-- offline
-- Conversations: one append-only log each, with ciphertext once and all wraps packed beside it.
-- Every hot statement names one conversation or one device, so these tables can be partitioned by either.

-- The counter row of a log. `head`, `log_hash` and `roster_version` change under its lock only, in the transaction that
-- writes the rows they speak of: so commit order is sequence order, and a reader at n has missed nothing up to n.
create table conversations (
  conversation_id bytea primary key check (octet_length(conversation_id) = 32),
  kind smallint not null, -- as in the proto
  incarnation bytea not null check (octet_length(incarnation) = 16),
  opened_by bytea not null references accounts,
  opened_at bigint not null, -- milliseconds since 1970
  head bigint not null default 0,
  log_hash bytea not null check (octet_length(log_hash) = 32), -- h at `head`
  roster_version bigint not null,
  last_removal_version bigint not null -- submits for older rosters are stale
) with (fillfactor = 50);
create index conversations_opened_by on conversations (opened_by);

create table conversation_members (
  conversation_id bytea not null references conversations,
  account_id bytea not null references accounts,
  primary key (account_id, conversation_id)
);
create index conversation_members_conversation on conversation_members (conversation_id);

-- Rosters never change once they are there; a change of members or devices makes a new version.
create table rosters (
  conversation_id bytea not null references conversations,
  version bigint not null,
  hash bytea not null check (octet_length(hash) = 32),
  primary key (conversation_id, version)
);

create table roster_slots (
  conversation_id bytea not null,
  version bigint not null,
  slot integer not null,
  account_id bytea not null,
  device_id bytea not null,
  primary key (conversation_id, version, account_id, device_id)
);

create table log (
  conversation_id bytea not null,
  sequence bigint not null, -- from 1, dense
  message_id bytea not null,
  sender_account bytea not null,
  sender_device bytea not null,
  envelope_hash bytea not null,
  row_hash bytea not null,
  log_hash bytea not null,
  roster_version bigint not null,
  stored_at bigint not null, -- milliseconds since 1970
  expires_at bigint not null, -- seconds since 1970; 0: never
  envelope bytea not null,
  wraps bytea not null,
  primary key (conversation_id, sequence),
  unique (conversation_id, sender_account, sender_device, message_id)
);
-- Random bytes do not compress, and a slice of `wraps` is read without the rest only if they are stored as they are.
alter table log alter column envelope set storage external, alter column wraps set storage external;

-- How far a device has acknowledged a conversation; no row: nothing yet.
create table cursors (
  account_id bytea not null,
  device_id bytea not null,
  conversation_id bytea not null,
  sequence bigint not null,
  primary key (account_id, device_id, conversation_id)
) with (fillfactor = 50);

create function read_u32(bytes bytea, at integer) returns integer
language sql immutable strict parallel safe
return (get_byte(bytes, at) << 24)
  | (get_byte(bytes, at + 1) << 16)
  | (get_byte(bytes, at + 2) << 8)
  | get_byte(bytes, at + 3);

-- One device's wrap out of the packed ones (keys/SPEC.md, "packed wraps"): u16 count, count + 1 offsets of u32 from the
-- start of the data, data. Empty when nothing is meant for that slot. plpgsql, not sql: inlined, each `substring` of a
-- large value would be fetched several times over.
create function wrap_of_slot(wraps bytea, slot integer) returns bytea
language plpgsql immutable strict parallel safe
as $$
declare
  count_bytes bytea := substring(wraps, 1, 2);
  offsets bytea := substring(wraps, 3 + 4 * slot, 8);
  data_at integer := 3 + 4 * (get_byte(count_bytes, 0) * 256 + get_byte(count_bytes, 1) + 1);
  starts integer := read_u32(offsets, 0);
begin
  return substring(wraps, data_at + starts, read_u32(offsets, 4) - starts);
end
$$;
