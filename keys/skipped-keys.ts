import type { SecretBytes } from "./bytes.ts";
import type { AgreementPublicKey } from "./ids.ts";

/** How many skipped message keys one session keeps; the oldest are given up first (SPEC §5.4). */
export const MAX_SKIPPED = 2000;
/** How many of the peer's chains one session remembers, the current one included (SPEC §5.4). */
export const MAX_CHAINS = 5;

/** One chain of the peer that can still open something. */
export interface ReceivingChain {
  readonly ratchetKey: AgreementPublicKey;
  readonly chain: number;
  /** How many skipped keys of this chain the caller keeps. */
  readonly skipped: number;
}

/** The key of a message that was jumped over: a row (session, chain, n) → key at the caller's. */
export interface SkippedKey {
  readonly chain: number;
  readonly n: number;
  readonly key: SecretBytes;
}

/**
 * What opening a wrap does to the skipped keys that the caller keeps beside the session, in this order:
 * delete `used`, delete the `dropOldest` first ones by (chain, n), insert `added`. They are kept apart from the
 * session so that a message costs its own rows and never a rewrite of 2,000 keys: nearly always all three are
 * empty, and then there is nothing to do.
 */
export interface SkippedChange {
  readonly used: { readonly chain: number; readonly n: number } | null;
  readonly dropOldest: number;
  readonly added: readonly SkippedKey[];
}

/** Reads one kept key of the session at hand; null if there is none. */
export type FindSkipped = (chain: number, n: number) => Uint8Array | null;

export interface Kept {
  readonly chains: readonly ReceivingChain[];
  readonly change: SkippedChange;
}

const noChange: SkippedChange = { used: null, dropOldest: 0, added: [] };

/**
 * Takes newly skipped keys in and holds all to the limits of SPEC §5.4. Chains are skipped in order, so every
 * new key is younger than every stored one and the oldest is always the first by (chain, n).
 */
export function keepSkipped(chains: readonly ReceivingChain[], skipped: readonly SkippedKey[]): Kept {
  if (skipped.length === 0 && chains.length === 1) return { chains, change: noChange };
  const counted = chains.map((chain) => ({
    ...chain,
    skipped: chain.skipped + countIn(skipped, chain.chain),
  }));
  const live = withoutEmpty(counted);
  const remembered = live.slice(-MAX_CHAINS);
  const surplus = Math.max(0, total(remembered) - MAX_SKIPPED);
  const dropped = total(live) - total(remembered) + surplus;
  const dropOldest = Math.min(dropped, total(chains));
  return {
    chains: withoutEmpty(withoutFirst(remembered, surplus)),
    change: { used: null, dropOldest, added: skipped.slice(dropped - dropOldest) },
  };
}

/** Takes one stored key out. */
export function useSkipped(chains: readonly ReceivingChain[], chain: number, n: number): Kept {
  const fewer = chains.map((each) => (each.chain === chain ? { ...each, skipped: each.skipped - 1 } : each));
  return { chains: withoutEmpty(fewer), change: { used: { chain, n }, dropOldest: 0, added: [] } };
}

/** A chain without skipped keys can open nothing more, unless it is the current one. */
function withoutEmpty(chains: readonly ReceivingChain[]): readonly ReceivingChain[] {
  return chains.filter((chain, index) => chain.skipped > 0 || index === chains.length - 1);
}

function withoutFirst(chains: readonly ReceivingChain[], surplus: number): readonly ReceivingChain[] {
  let left = surplus;
  return chains.map((chain) => {
    const gone = Math.min(left, chain.skipped);
    left -= gone;
    return { ...chain, skipped: chain.skipped - gone };
  });
}

function total(chains: readonly ReceivingChain[]): number {
  return chains.reduce((sum, chain) => sum + chain.skipped, 0);
}

function countIn(skipped: readonly SkippedKey[], chain: number): number {
  return skipped.reduce((count, key) => (key.chain === chain ? count + 1 : count), 0);
}
