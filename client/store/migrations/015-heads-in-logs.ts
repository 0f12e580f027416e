/**
 * Where in a log a head of somebody's account chain was first named, or a newer one: what a device wrote that was signed out
 * by then counts only before.
 */
export const headsInLogs = `
create table heads_in_logs (
  conversation integer not null references conversations on delete cascade,
  generation integer not null,
  account_id blob not null,
  head_sequence integer not null,
  row integer not null,
  primary key (conversation, generation, account_id, head_sequence)
) strict, without rowid;
`;
