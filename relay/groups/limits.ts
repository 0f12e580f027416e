export const MAX_ROOMS_PAGE = 500;
export const DEFAULT_ROOMS_PAGE = 100;
/** Of the entries in one answer of GetMembership, but for a single one that is larger. */
export const MAX_ENTRIES_BYTES = 1024 * 1024;
