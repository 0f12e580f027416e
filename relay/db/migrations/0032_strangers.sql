-- offline
-- Who has written in a direct conversation: 1 whoever opened it, 2 the other, 3 both, and nobody counts what either
-- writes any more. Those from before count as answered.
alter table conversations add column written_by smallint not null default 3;
alter table conversations alter column written_by set default 0;
create index conversations_opened_at on conversations (opened_by, opened_at);
drop index conversations_opened_by;
