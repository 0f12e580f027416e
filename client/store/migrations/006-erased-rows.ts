/** Rows of logs that were erased at the relay before they came here. */
export const erasedRows = `
create table erased_rows (
  conversation integer not null references conversations,
  sequence integer not null,
  -- 1: taken back, says the relay, until the delete comes. 0: its time was over.
  is_deleted integer not null,
  -- Milliseconds since 1970.
  seen_at integer not null,
  primary key (conversation, sequence)
) strict, without rowid;
`;
