-- online
-- After each tenth by which a part of the log has grown PostgreSQL looks at a sample of it, of 30,000 rows by default, which
-- took half a second of a processor. Rows are found by whole keys, for which a tenth of that says as much, and none by
-- their hashes or contents.

alter table log
  alter column conversation_id set statistics 10,
  alter column sequence set statistics 10,
  alter column message_id set statistics 10,
  alter column sender_account set statistics 10,
  alter column sender_device set statistics 10,
  alter column roster_version set statistics 10,
  alter column stored_at set statistics 10,
  alter column expires_at set statistics 10,
  alter column stub set statistics 10,
  alter column kind set statistics 10,
  alter column envelope_hash set statistics 0,
  alter column row_hash set statistics 0,
  alter column log_hash set statistics 0,
  alter column envelope set statistics 0,
  alter column wraps set statistics 0;
