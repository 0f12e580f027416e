-- offline
-- What grows with every message, device and change of a group, in 16 tables each: their indexes are a sixteenth the
-- size, and each is vacuumed by itself. The key is one that all that reads or writes them names. Tables of which a row is
-- read for many conversations at once stay whole, see docs/architecture.md.
-- Rows are copied in this one transaction; the old tables keep theirs until it ends.

create procedure pg_temp.divide(name text, key text, settings text)
language plpgsql
as $$
begin
  execute format('alter table %I rename to %I', name, 'whole_' || name);
  execute format(
    'create table %I (like %I including defaults including constraints including storage) partition by hash (%I)',
    name, 'whole_' || name, key
  );
  for remainder in 0..15 loop
    execute format(
      'create table %I partition of %I for values with (modulus 16, remainder %s) %s',
      name || '_' || lpad(remainder::text, 2, '0'), name, remainder, settings
    );
  end loop;
  execute format('insert into %I select * from %I', name, 'whole_' || name);
  execute format('drop table %I', 'whole_' || name);
end
$$;

call pg_temp.divide('log', 'conversation_id', '');
alter table log
  add primary key (conversation_id, sequence),
  add unique (conversation_id, sender_account, sender_device, message_id);
create index log_expiring on log (expires_at) where expires_at > 0 and stub = 0;
create index log_aging on log (stored_at) where stub = 0 and kind = 1;

call pg_temp.divide('roster_slots', 'conversation_id', '');
alter table roster_slots add primary key (conversation_id, version, account_id, device_id);

call pg_temp.divide('cursors', 'account_id', 'with (fillfactor = 50)');
alter table cursors add primary key (account_id, device_id, conversation_id);

call pg_temp.divide('one_time_prekeys', 'account_id', '');
alter table one_time_prekeys
  add primary key (account_id, device_id, prekey_id),
  add foreign key (account_id, device_id) references prekeys on delete cascade;

drop procedure pg_temp.divide;

-- PostgreSQL never does this of itself for all parts of a table together.
analyze log, roster_slots, cursors, one_time_prekeys;

-- Programs from before find the pair to hand out by its place in the table, of which there are 16 now.
update schema_support set oldest = 38;
