-- offline
-- Rows that have lost envelope and wraps. All else of the row stays: the log hash goes through it, and a submit that
-- comes again is answered from it.

alter table log add column stub smallint not null default 0; -- 0: whole; otherwise a StubReason of the proto
create index log_expiring on log (expires_at) where expires_at > 0 and stub = 0;
