-- online, outside a transaction
-- Those of an account that is deleted are looked for by it.
create index concurrently if not exists login_attempts_account on login_attempts (account_id);
