/**
 * Where events stand in the log of their conversation: those of memberships and titles are lines of its transcript.
 * Of older ones it is reckoned from what was known before them.
 */
export const placesOfEvents = `
alter table events add column sequence integer;
update events set sequence = coalesce((
  select messages.sequence from messages
  where messages.arrival < events.arrival and messages.conversation = events.conversation
    and messages.sequence is not null
  order by messages.arrival desc limit 1), 0)
where event in ('joined', 'left', 'removed', 'role', 'renamed', 'policy')
  or (event = 'invited' and device_id is not null);
create index events_in_order on events (conversation, sequence, arrival) where sequence is not null;
`;
