/** What a pin is judged by, and what the relay has still to forget. */
export const rightsAndErasures = `
-- Whether the sender might pin when the row was staged.
alter table staged_rows add column sender_may_pin integer not null default 1;

-- Deletes of this device, by the message that carries each, until the relay has erased the row of its target.
create table erasures (
  position integer primary key references messages
) strict;
`;
