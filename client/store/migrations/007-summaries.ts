/**
 * What a list shows of each conversation, kept up to date by triggers: to count it anew takes as long as there are
 * messages. `change` tells whoever follows which rows are not as they were, without a look at the others.
 */
export const summaries = `
create table summaries (
  conversation integer primary key,
  unread integer not null default 0,
  -- Of the unread ones: those that name this account.
  mentions integer not null default 0,
  -- Messages that wait for the relay.
  queued integer not null default 0,
  -- The position of what was written last; of a group at least where this account came in. Null: nothing is there.
  activity integer,
  -- Counts up over all conversations, with all that a list or a transcript shows.
  change integer not null
) strict;
insert into summaries (conversation, unread, mentions, queued, activity, change)
select conversation, 0, 0,
  (select count(*) from outbox where outbox.conversation = conversations.conversation and purpose = 'message'),
  coalesce(
    (select position from messages
     where messages.conversation = conversations.conversation and kind <> 'silent' and gone = 0
     order by position desc limit 1),
    case when kind in ('group', 'room') and standing in ('member', 'invited') then 0 end),
  conversation
from conversations;
update summaries set unread = counted.unread, mentions = counted.mentions
from (
  select conversation, count(*) as unread, sum(mentions_me) as mentions from messages where unread = 1
  group by conversation
) as counted
where summaries.conversation = counted.conversation;
create index summaries_by_activity on summaries (activity);
create unique index summaries_by_change on summaries (change);
create index invitations on conversations (conversation) where standing = 'invited';

-- A page of a transcript, however much that is not shown lies in between.
create index shown_in_order on messages (conversation, coalesce(sequence, 9007199254740991), position)
where kind <> 'silent' and gone = 0;

create trigger summary_begun after insert on conversations begin
  insert or replace into summaries (conversation, activity, change) values (
    new.conversation,
    case when new.kind in ('group', 'room') then coalesce((select max(position) from messages), 0) end,
    (select coalesce(max(change), 0) + 1 from summaries)
  );
end;
create trigger summary_ended after delete on conversations begin
  delete from summaries where conversation = old.conversation;
end;
create trigger conversation_changed after update on conversations
when old.kind is not new.kind or old.peer_name is not new.peer_name or old.standing is not new.standing
  or old.title is not new.title or old.notify is not new.notify or old.invited_by is not new.invited_by
  or old.conversation_id is not new.conversation_id or old.membership is not new.membership
begin
  update summaries set change = (select max(change) + 1 from summaries),
    activity = case
      when new.kind not in ('group', 'room') or old.standing is new.standing then activity
      when new.standing in ('member', 'invited') then max(coalesce(activity, 0), (select coalesce(max(position), 0) from messages))
      else (
        select position from messages
        where messages.conversation = new.conversation and kind <> 'silent' and gone = 0
        order by position desc limit 1)
    end
  where conversation = new.conversation;
end;

create trigger message_added after insert on messages when new.kind <> 'silent' begin
  update summaries set unread = unread + new.unread, mentions = mentions + (new.unread and new.mentions_me),
    activity = case when new.gone = 0 then max(coalesce(activity, 0), new.position) else activity end,
    change = (select max(change) + 1 from summaries)
  where conversation = new.conversation;
end;
create trigger message_deleted after delete on messages when old.kind <> 'silent' begin
  update summaries set unread = unread - old.unread, mentions = mentions - (old.unread and old.mentions_me),
    change = (select max(change) + 1 from summaries)
  where conversation = old.conversation;
end;
create trigger message_changed
after update of state, unread, mentions_me, text, edited, deleted, pinned, gone on messages
when new.kind <> 'silent' and old.conversation is new.conversation
begin
  update summaries set unread = unread + new.unread - old.unread,
    mentions = mentions + (new.unread and new.mentions_me) - (old.unread and old.mentions_me),
    change = (select max(change) + 1 from summaries)
  where conversation = new.conversation;
end;
create trigger message_moved after update of conversation on messages
when new.kind <> 'silent' and old.conversation is not new.conversation
begin
  update summaries set unread = unread - old.unread, mentions = mentions - (old.unread and old.mentions_me)
  where conversation = old.conversation;
  update summaries set unread = unread + new.unread, mentions = mentions + (new.unread and new.mentions_me),
    activity = max(coalesce(activity, 0), new.position), change = (select max(change) + 1 from summaries)
  where conversation = new.conversation;
end;

create trigger intent_added after insert on outbox when new.purpose = 'message' begin
  update summaries set queued = queued + 1, change = (select max(change) + 1 from summaries)
  where conversation = new.conversation;
end;
create trigger intent_removed after delete on outbox when old.purpose = 'message' begin
  update summaries set queued = queued - 1, change = (select max(change) + 1 from summaries)
  where conversation = old.conversation;
end;
create trigger intent_moved after update of conversation on outbox when new.purpose = 'message' begin
  update summaries set queued = queued - 1 where conversation = old.conversation;
  update summaries set queued = queued + 1, change = (select max(change) + 1 from summaries)
  where conversation = new.conversation;
end;

create trigger receipt_added after insert on receipts begin
  update summaries set change = (select max(change) + 1 from summaries) where conversation = new.conversation;
end;
create trigger receipt_changed after update on receipts
when old.delivered_through < new.delivered_through or old.read_through < new.read_through
begin
  update summaries set change = (select max(change) + 1 from summaries) where conversation = new.conversation;
end;
-- What is about a message has changed that message.
create trigger event_added after insert on events when new.target_message is null begin
  update summaries set change = (select max(change) + 1 from summaries) where conversation = new.conversation;
end;
`;
