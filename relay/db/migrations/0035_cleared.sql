-- offline
-- What has ended is cleared away once, and not looked for again in tables that grow with everybody.

alter table accounts add column cleared boolean not null default false; -- deleted, and with it what nobody can read any more
alter table devices add column cleared boolean not null default false; -- out, and with it where it read and how far
create index accounts_to_clear on accounts (account_id) where deleted_at is not null and not cleared;
create index devices_to_clear on devices (account_id, device_id) where not active and not cleared;
