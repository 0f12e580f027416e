/** Messages from before a newcomer's time: who joined when, who hands something on to him, and what was handed on. */
export const sharedHistory = `
-- The newest join of each account that this profile has seen.
create table joins (
  conversation integer not null references conversations,
  account_id blob not null,
  -- The number of its membership entry, and of its row in the log.
  entry integer not null,
  sequence integer not null,
  -- By the relay's clock, and when it was seen here by this one's.
  joined_at integer not null,
  seen_at integer not null,
  -- The own message that offers to share; null while there is none.
  claim integer,
  -- Somebody's offer stands in the log.
  settled integer not null default 0,
  primary key (conversation, account_id)
) strict, without rowid;
create index joins_by_claim on joins (claim) where claim is not null;

create index shared_messages on messages (conversation) where shared_by is not null;
`;
