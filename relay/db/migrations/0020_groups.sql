-- offline
-- Groups and rooms: who is in them follows from signed entries, which stand in the log beside the messages.

-- Reading goes by these: from behind the row before the newest join, up to the row of leaving.
alter table conversation_members
  add column role smallint, -- as in keys/SPEC.md "membership"; null in a direct conversation
  add column start_sequence bigint not null default 0, -- readable is what comes after it
  add column start_hash bytea, -- the log hash there; null at 0
  add column start_roster bigint not null default 0, -- the oldest roster that a readable row can be sealed for
  add column end_sequence bigint, -- the last that is readable; null: still in
  add column end_roster bigint; -- the last roster with this account in it
create index conversation_members_present on conversation_members (conversation_id) where end_sequence is null;

-- Changes under the lock on the conversation only.
create table memberships (
  conversation_id bytea primary key references conversations,
  name text collate "C" unique, -- of a room
  post_role smallint not null, -- the least that may post
  state bytea not null, -- as of the newest entry; keys/SPEC.md "membership state", with its head
  checkpoint_state bytea -- what the newest checkpoint speaks of; null: there is none
);

-- Every name that a room has had. None is freed: under an old name nobody shall find another room.
create table room_names (
  name text collate "C" primary key,
  conversation_id bytea not null references conversations
);

-- Where the entries stand in the log, which has their bytes.
create table membership_entries (
  conversation_id bytea not null references conversations,
  sequence bigint not null, -- from 0, dense
  hash bytea not null check (octet_length(hash) = 32),
  checkpoint boolean not null,
  log_sequence bigint not null,
  primary key (conversation_id, sequence)
);
create index membership_entries_checkpoints on membership_entries (conversation_id, sequence) where checkpoint;

-- The membership whose members' devices these are; null in a direct conversation.
alter table rosters
  add column membership_sequence bigint,
  add column membership_hash bytea;

-- An entry stands in `envelope`, without message id and wraps.
alter table log
  add column kind smallint not null default 1, -- 1 message, 2 membership entry; as in keys/SPEC.md "row"
  alter column message_id drop not null;
