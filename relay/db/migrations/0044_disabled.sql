-- online, outside a transaction
-- The few accounts that are disabled are looked for whenever a relay may have missed that they are.
create index concurrently if not exists accounts_disabled on accounts (account_id) where disabled_at is not null;
