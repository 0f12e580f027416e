/**
 * What the devices of an account tell each other, so that they agree. `value` is what a register was set to when the store
 * had no other place for it yet, as of a conversation that is not known here.
 */
export const ownState = `
create table own_state (
  kind text not null check (kind in ('standing', 'verified', 'notify', 'group', 'setting', 'name', 'read')),
  -- An account, the id of a conversation, or a name.
  subject blob not null,
  -- The last writer wins: the higher version, then the higher device.
  version integer not null,
  device_id blob not null,
  value text,
  primary key (kind, subject)
) strict, without rowid;

-- What the other devices are still to hear of, and the message that it was sealed into.
create table own_changes (
  kind text not null,
  subject blob not null,
  position integer,
  primary key (kind, subject)
) strict, without rowid;

-- JSON, by device: what was read on others and is not all here yet; null: nothing.
alter table conversations add column own_read text;
create index unreadable_messages on messages (conversation) where kind = 'unreadable';

create trigger own_state_of_new after insert on conversations when new.conversation_id is not null begin
  update conversations set
    own_read = (select value from own_state where kind = 'read' and subject = new.conversation_id),
    notify = coalesce((select value from own_state where kind = 'notify' and subject = new.conversation_id), notify)
  where conversation = new.conversation
    and exists (select 1 from own_state where kind in ('read', 'notify') and subject = new.conversation_id);
end;
create trigger own_state_of_settled after update of conversation_id on conversations
when old.conversation_id is null and new.conversation_id is not null
begin
  update conversations set
    own_read = (select value from own_state where kind = 'read' and subject = new.conversation_id),
    notify = coalesce((select value from own_state where kind = 'notify' and subject = new.conversation_id), notify)
  where conversation = new.conversation
    and exists (select 1 from own_state where kind in ('read', 'notify') and subject = new.conversation_id);
end;
`;
