/**
 * Full-text search. External content: the index holds words and where they stand, the text stays in `messages` alone.
 * `secure-delete`: words of a text that is gone leave the index at once, not at some later merge. No column sizes, since
 * nothing is ranked. Of prefixes those of one character are kept, which would otherwise touch most of the index; longer
 * ones are quick without (bench/search.ts).
 */
export const search = `
create virtual table message_search using fts5(
  text, content = 'messages', content_rowid = 'position', columnsize = 0, prefix = '1',
  tokenize = 'unicode61 remove_diacritics 2'
);
insert into message_search (message_search, rank) values ('secure-delete', 1);
insert into message_search (rowid, text) select position, text from messages where text is not null;

create trigger search_added after insert on messages when new.text is not null begin
  insert into message_search (rowid, text) values (new.position, new.text);
end;
create trigger search_deleted after delete on messages when old.text is not null begin
  insert into message_search (message_search, rowid, text) values ('delete', old.position, old.text);
end;
create trigger search_taken_out after update of text on messages
when old.text is not null and old.text is not new.text begin
  insert into message_search (message_search, rowid, text) values ('delete', old.position, old.text);
end;
create trigger search_put_in after update of text on messages
when new.text is not null and old.text is not new.text begin
  insert into message_search (rowid, text) values (new.position, new.text);
end;
`;
