-- online
-- What each account has had stored, by the day: a quota is of what is not yet as old as messages get. Counted beside
-- the log, some seconds late; rows that were erased before their time count until it has come.
create table stored_by_day (
  account_id bytea not null,
  day integer not null, -- since 1970
  rows bigint not null,
  bytes bigint not null,
  primary key (account_id, day)
);
create index stored_by_day_day on stored_by_day (day);
