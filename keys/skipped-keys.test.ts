import fc from "fast-check";
import { expect, test } from "vitest";
import { asSecret } from "./bytes.ts";
import { agreementPublicKey } from "./ids.ts";
import {
  keepSkipped,
  MAX_CHAINS,
  MAX_SKIPPED,
  type ReceivingChain,
  type SkippedKey,
} from "./skipped-keys.ts";

const key = asSecret(new Uint8Array(32));
const ratchetKey = agreementPublicKey(new Uint8Array(32));

function keysOf(chain: number, from: number, count: number): SkippedKey[] {
  return Array.from({ length: count }, (_, at) => ({ chain, n: from + at, key }));
}

const nameOf = ({ chain, n }: SkippedKey) => `${chain}/${n}`;

/** The same by brute force: everything in one list, whole chains off the front, then single keys. */
function kept(all: readonly SkippedKey[], current: number): string[] {
  const chains = [...new Set([...all.map(({ chain }) => chain), current])].slice(-MAX_CHAINS);
  return all
    .filter(({ chain }) => chains.includes(chain))
    .slice(-MAX_SKIPPED)
    .map(nameOf);
}

test("what is kept is what counting all of it would keep, and the counts agree", () => {
  const jump = fc.record({ rest: fc.nat({ max: 900 }), first: fc.nat({ max: 900 }) });
  fc.assert(
    fc.property(fc.array(jump, { minLength: 1, maxLength: 12 }), (jumps) => {
      let stored: SkippedKey[] = [];
      let chains: readonly ReceivingChain[] = [];
      for (const [index, { rest, first }] of jumps.entries()) {
        const chain = index + 1;
        const added = [...(index === 0 ? [] : keysOf(index, 5000, rest)), ...keysOf(chain, 0, first)];
        const everything = [...stored, ...added];
        const { chains: next, change } = keepSkipped([...chains, { ratchetKey, chain, skipped: 0 }], added);
        stored = [...stored.slice(change.dropOldest), ...change.added];
        chains = next;
        expect(stored.map(nameOf)).toEqual(kept(everything, chain));
        expect(chains.map(({ chain }) => chain).at(-1)).toBe(chain);
        for (const { chain, skipped } of chains) {
          expect(skipped).toBe(stored.filter((each) => each.chain === chain).length);
        }
      }
    }),
  );
});

test("nothing skipped is nothing to do", () => {
  const chains = [{ ratchetKey, chain: 4, skipped: 3 }];
  const { chains: same, change } = keepSkipped(chains, []);
  expect(same).toBe(chains);
  expect(change).toEqual({ used: null, dropOldest: 0, added: [] });
});
