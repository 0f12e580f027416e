-- offline
-- What grows with every message, device and change of a group, in parts: their indexes are smaller, and each part is
-- vacuumed by itself. The key is one that all that reads or writes them names. The log is in 4 only, and the cursors are
-- whole: each part that a batch of messages falls into costs time, see docs/architecture.md.
-- Rows are copied in this one transaction; the old tables keep theirs until it ends.

create procedure pg_temp.divide(name text, key text, parts integer)
language plpgsql
as $$
begin
  execute format('alter table %I rename to %I', name, 'whole_' || name);
  execute format(
    'create table %I (like %I including defaults including constraints including storage) partition by hash (%I)',
    name, 'whole_' || name, key
  );
  for remainder in 0..parts - 1 loop
    execute format(
      'create table %I partition of %I for values with (modulus %s, remainder %s)',
      name || '_' || lpad(remainder::text, 2, '0'), name, parts, remainder
    );
  end loop;
  execute format('insert into %I select * from %I', name, 'whole_' || name);
  execute format('drop table %I', 'whole_' || name);
end
$$;

call pg_temp.divide('log', 'conversation_id', 4);
alter table log
  add primary key (conversation_id, sequence),
  add unique (conversation_id, sender_account, sender_device, message_id);
create index log_expiring on log (expires_at) where expires_at > 0 and stub = 0;
create index log_aging on log (stored_at) where stub = 0 and kind = 1;

call pg_temp.divide('roster_slots', 'conversation_id', 16);
alter table roster_slots add primary key (conversation_id, version, account_id, device_id);

call pg_temp.divide('one_time_prekeys', 'account_id', 16);
alter table one_time_prekeys
  add primary key (account_id, device_id, prekey_id),
  add foreign key (account_id, device_id) references prekeys on delete cascade;

drop procedure pg_temp.divide;

-- PostgreSQL never does this of itself for all parts of a table together.
analyze log, roster_slots, one_time_prekeys;

-- Programs from before find the pair to hand out by its place in the table, of which there are 16 now.
update schema_support set oldest = 38;
