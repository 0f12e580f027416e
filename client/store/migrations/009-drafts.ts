/**
 * Texts that were begun and not sent, by the name that one sends to: with a new person there is no conversation yet.
 * `revision` counts up over all of them, so that a process finds what another one wrote; an empty text stays for that.
 */
export const drafts = `
create table drafts (
  name text primary key,
  text text not null,
  revision integer not null unique
) strict, without rowid;
`;
