export const MAX_ROOMS_PAGE = 500;
export const DEFAULT_ROOMS_PAGE = 100;
/** Of the checkpoints in one answer of GetMembership, and of the entries, but for the last: with a state both fit in 2 MiB. */
export const MAX_ENTRIES_BYTES = 768 * 1024;
