-- offline
-- What an operator opens and shuts.

-- Since when the relay takes no device of the account, in milliseconds since 1970; null: it does.
alter table accounts add column disabled_at bigint;

-- Of a token its hash alone is kept: who reads the database makes no account with it.
create table invitations (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  created_at bigint not null, -- milliseconds since 1970
  expires_at bigint, -- null: never
  uses integer not null check (uses > 0),
  used integer not null default 0 check (used <= uses)
);
