-- online, outside a transaction
-- A member of a conversation is found by both ids, in whatever order the planner joins: by the conversation alone it would
-- look through all members of a room for each of them.
create index concurrently if not exists conversation_members_by_both on conversation_members (conversation_id, account_id);
drop index concurrently if exists conversation_members_conversation;
