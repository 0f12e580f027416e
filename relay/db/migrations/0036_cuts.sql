-- offline
-- Where each log was cut, each time that the database was put back. A device may have missed several: what it has is
-- that of everybody up to the first one that it has not heard of.
create table conversation_cuts (
  conversation_id bytea not null references conversations on delete cascade,
  restored_at bigint not null, -- milliseconds since 1970
  sequence bigint not null,
  hash bytea not null, -- the log hash there
  primary key (conversation_id, restored_at)
);
insert into conversation_cuts (conversation_id, restored_at, sequence, hash)
select conversation_id, restored_at, restored_sequence, restored_hash
from conversations
where restored_at > 0 and restored_hash is not null;
