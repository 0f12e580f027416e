/** A profile that was copied, or put back to an older state, and is in use again. */
export const olderCopies = `
-- Where the file was when it was last used: a copy lies elsewhere.
create table place (
  only integer primary key check (only = 1),
  inode text not null,
  folder text not null,
  host text not null
) strict;

-- Sessions that a later state of this profile may have gone on with: they open what still comes, and seal nothing more.
create table retired_sessions (
  session_id blob primary key references sessions on delete cascade
) strict, without rowid;
`;
