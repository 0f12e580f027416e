/**
 * What this account thinks of others, and where that puts a conversation: `open` among one's own, or out of sight as a
 * `request` of somebody who is not known, or `blocked`. Triggers keep `shelf`, whichever way a contact changes.
 */
const shelfOf = `case
    when kind = 'dm' and peer_account is not null
      then coalesce((select shelf from shelves where account_id = peer_account), 'request')
    when kind in ('group', 'room') and standing = 'invited' and invited_by is not null
      then coalesce((select shelf from shelves where account_id = invited_by), 'request')
    else 'open'
  end`;

export const contacts = `
create table contacts (
  account_id blob primary key check (length(account_id) = 32),
  standing text not null default 'stranger' check (standing in ('stranger', 'accepted', 'blocked')),
  -- The latest word counts, on whichever device of the account it was said.
  standing_version integer not null default 0,
  -- Milliseconds since 1970; null: not compared.
  verified_at integer,
  verified_version integer not null default 0
) strict, without rowid;

create view shelves as
select account_id, case standing when 'accepted' then 'open' when 'blocked' then 'blocked' else 'request' end as shelf
from contacts;

alter table conversations add column shelf text not null default 'open'
  check (shelf in ('open', 'request', 'blocked'));
create index conversations_by_peer on conversations (peer_account);
create index shelved_conversations on conversations (conversation) where shelf <> 'open';

-- Another account came under a pinned name: nothing is sent to that name until somebody decides.
create table changed_keys (
  name text primary key,
  account_id blob not null check (length(account_id) = 32),
  seen_at integer not null
) strict, without rowid;

-- Whoever one has talked with, or was invited by, before there were requests.
insert into contacts (account_id, standing)
select distinct peer_account, 'accepted' from conversations join summaries using (conversation)
where kind = 'dm' and peer_account is not null and activity is not null
union
select distinct invited_by, 'accepted' from conversations where standing = 'invited' and invited_by is not null;
update conversations set shelf = ${shelfOf};

create trigger shelf_of_new after insert on conversations begin
  update conversations set shelf = ${shelfOf} where conversation = new.conversation;
end;
create trigger shelf_of_changed after update of kind, peer_account, standing, invited_by on conversations begin
  update conversations set shelf = ${shelfOf} where conversation = new.conversation;
end;
create trigger contact_added after insert on contacts begin
  update conversations set shelf = ${shelfOf}
  where peer_account = new.account_id or (standing = 'invited' and invited_by = new.account_id);
end;
create trigger contact_changed after update of standing on contacts begin
  update conversations set shelf = ${shelfOf}
  where peer_account = new.account_id or (standing = 'invited' and invited_by = new.account_id);
end;
create trigger shelf_changed after update of shelf on conversations when old.shelf is not new.shelf begin
  update summaries set change = (select max(change) + 1 from summaries) where conversation = new.conversation;
end;
-- A verified mark stands beside the name in a list.
create trigger mark_changed after update of verified_at on contacts
when (old.verified_at is null) is not (new.verified_at is null)
begin
  update summaries set change = (select max(change) + 1 from summaries)
  where conversation in (select conversation from conversations where peer_account = new.account_id);
end;
`;
