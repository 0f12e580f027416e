-- offline
-- A device that was added later reads a log from where it stood then: for rows before there is no wrap for it.

create table device_starts (
  account_id bytea not null,
  device_id bytea not null,
  conversation_id bytea not null,
  start_sequence bigint not null, -- readable is what comes after it
  start_hash bytea not null check (octet_length(start_hash) = 32), -- the log hash there
  primary key (account_id, device_id, conversation_id)
);

-- The membership at a row of the log.
create index membership_entries_by_place on membership_entries (conversation_id, log_sequence);
