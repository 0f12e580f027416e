/** How far a device had counted when the relay was put back is kept: what is missing between then and now shows by it. */
export const countsKept = `
alter table senders add column before_restore integer not null default 0;
`;
