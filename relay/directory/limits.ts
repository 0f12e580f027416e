import type { Rate } from "../limits.ts";

export const MAX_LOOKED_UP = 100;
export const MAX_PEOPLE_PAGE = 1_000;
export const DEFAULT_PEOPLE_PAGE = 200;
export const MAX_CHAINS = 100;
export const MAX_PAIRS_PUBLISHED = 100;
export const MAX_PAIRS_HELD = 200;
/** Gaps in the ids of a device's one-time pairs; a client that counts them up has none. */
export const MAX_PAIR_ID_GAPS = 1_000;
export const MAX_BUNDLES = 128;

/** One-time pairs that one account may take from one device; see take-prekey-bundles.ts. */
export const defaultPairsTaken: Rate = { count: 60, seconds: 3_600 };
/** Of all entries in one answer; a longer chain is asked for again from where it was cut. */
export const MAX_CHAIN_BYTES = 1024 * 1024;

/** Watches that one device may hold open. */
export const MAX_WATCHES_PER_DEVICE = 16;
/** New people who wait for a slow watcher; beyond it, the watch ends. */
export const MAX_PEOPLE_WAITING = 1_000;
