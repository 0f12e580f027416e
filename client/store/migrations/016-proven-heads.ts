/**
 * A head that a message names is kept with its hash: one that is not in the account's chain says nothing. What this device
 * names itself waits with its row until that has its place. Of what was heard before no hash was kept.
 */
export const provenHeads = `
drop table heads_in_logs;

create table heads_in_logs (
  conversation integer not null references conversations on delete cascade,
  generation integer not null,
  account_id blob not null,
  head_sequence integer not null,
  head_hash blob not null,
  row integer not null,
  primary key (conversation, generation, account_id, head_sequence, head_hash)
) strict, without rowid;

create table heads_in_own_rows (
  row_hash blob not null,
  account_id blob not null,
  head_sequence integer not null,
  head_hash blob not null,
  primary key (row_hash, account_id)
) strict, without rowid;
`;
