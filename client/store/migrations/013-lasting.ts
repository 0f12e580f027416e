/** Relays whose database was put back to an older state, and devices that are silent for long. */
export const lasting = `
-- Whether the log goes on from before what was here of it already.
alter table conversations add column restored integer not null default 0;
-- Devices that the roster leaves out: 32 bytes of account and 16 of device each.
alter table conversations add column absent blob;

-- Membership entries as they were signed, to be given again to a relay that has lost them.
create table kept_entries (
  conversation integer not null references conversations,
  sequence integer not null,
  entry blob not null,
  primary key (conversation, sequence)
) strict, without rowid;
`;
