import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { refusal } from "../test/support/assertions.ts";
import { activeAt, type ChainState, verifyChain } from "./account-chain.ts";
import { type Authority, type DeviceKeys, publicDevice } from "./account-signing.ts";
import { toHex } from "./bytes.ts";
import { hash } from "./ids.ts";
import { byAccount, byDevice, craft, deviceOf, type Person, person } from "./make-vectors/people.ts";
import { ready } from "./sodium.ts";

// Devices are numbers here; device 0 is that of genesis. The account key is the authority -1. An override goes
// back that many entries.

type Step =
  | { readonly kind: "add"; readonly by: number; readonly device: number }
  | { readonly kind: "revoke"; readonly by: number; readonly device: number }
  | { readonly kind: "override"; readonly by: number; readonly back: number; readonly device: number | null };

interface Done {
  readonly byAccount: boolean;
  readonly devices: readonly number[];
}

const POOL = 11;

/** The rules of SPEC §2.4 and §2.5 said again, slowly, over the whole history. Null: refused. */
function modelStep(history: readonly Done[], everIn: readonly number[], step: Step): Done | null {
  const devices = history.at(-1)?.devices ?? [];
  const owner = step.by === -1;
  if (!owner && !devices.includes(step.by)) return null;
  const joining = step.kind === "revoke" ? null : step.device;
  if (joining !== null && everIn.includes(joining)) return null;

  let after: readonly number[];
  if (step.kind === "add") {
    after = devices;
  } else if (step.kind === "revoke") {
    if (!devices.includes(step.device) || (!owner && devices.length === 1)) return null;
    after = devices.filter((device) => device !== step.device);
  } else {
    const keep = history.length - 1 - step.back;
    const kept = history[keep];
    const voided = history.slice(keep + 1);
    if (!owner || kept === undefined || voided.some((done) => done.byAccount)) return null;
    after = kept.devices;
  }
  if (joining !== null) after = [...after, joining];
  return after.length > 8 ? null : { byAccount: owner, devices: after };
}

const authority = fc.oneof({ arbitrary: fc.constant(-1), weight: 1 }, { arbitrary: fc.nat(3), weight: 4 });
const device = fc.nat(POOL - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.record({ kind: fc.constant("add"), by: authority, device }), weight: 8 },
  { arbitrary: fc.record({ kind: fc.constant("revoke"), by: authority, device }), weight: 2 },
  {
    arbitrary: fc.record({
      kind: fc.constant("override"),
      by: fc.constantFrom(-1, -1, -1, 0),
      back: fc.nat(4),
      device: fc.option(device),
    }),
    weight: 1,
  },
);

let alice: Person;
let pool: DeviceKeys[];

beforeAll(async () => {
  await ready();
  alice = person("alice");
  pool = [alice.device, ...Array.from({ length: POOL - 1 }, (_, index) => deviceOf(`pool ${index}`))];
});

function at(index: number): DeviceKeys {
  const found = pool[index];
  if (found === undefined) throw new Error(`no device ${index}`);
  return found;
}

function entryFor(chain: ChainState, asked: Step): Uint8Array {
  const by: Authority = asked.by === -1 ? byAccount(alice) : byDevice(at(asked.by));
  if (asked.kind === "revoke") {
    return craft(chain, { type: "revoke", deviceId: at(asked.device).deviceId }, [by]);
  }
  const joining = asked.device === null ? null : at(asked.device);
  const signers = joining === null ? [by] : [by, byDevice(joining)];
  if (asked.kind === "add")
    return craft(chain, { type: "add", device: publicDevice(at(asked.device)) }, signers);
  const sequence = Math.max(chain.head.sequence - asked.back, 0);
  const unknown = asked.back > chain.head.sequence;
  const kept = unknown ? undefined : chain.hashes[sequence];
  const keep = { sequence, hash: kept ?? hash(new Uint8Array(32)) };
  return craft(chain, { type: "override", keep, device: joining && publicDevice(joining) }, signers);
}

test("random histories end where a slow reading of the rules says", () => {
  const seen = { taken: 0, refused: 0, overrides: 0, full: 0 };
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 30 }), (steps) => {
      let chain = alice.chain;
      const entries = [alice.genesis];
      const history: Done[] = [{ byAccount: true, devices: [0] }];
      const everIn = [0];
      for (const asked of steps) {
        const entry = entryFor(chain, asked);
        const expected = modelStep(history, everIn, asked);
        const outcome = refusal(() => {
          chain = verifyChain([entry], chain);
        });
        expect(outcome).toBe(expected === null ? "not_permitted" : "nothing");
        if (expected === null) {
          seen.refused += 1;
          continue;
        }
        entries.push(entry);
        history.push(expected);
        if (asked.kind !== "revoke" && asked.device !== null) everIn.push(asked.device);
        const ids = chain.devices.map(({ deviceId }) => toHex(deviceId));
        expect(ids).toEqual(expected.devices.map((index) => toHex(at(index).deviceId)));
        seen.taken += 1;
        seen.overrides += asked.kind === "override" ? 1 : 0;
        seen.full += ids.length === 8 ? 1 : 0;
      }
      expect(verifyChain(entries)).toEqual(chain);
      for (const [sequence, { devices }] of history.entries()) {
        const active = pool.flatMap(({ deviceId }, index) =>
          activeAt(chain, sequence, deviceId) === undefined ? [] : [index],
        );
        expect(active).toEqual([...devices].sort((a, b) => a - b));
      }
    }),
    { numRuns: 120, seed: 20260105 },
  );
  // A model test that never reaches the interesting places proves nothing.
  expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(300);
  expect(Math.min(seen.overrides, seen.full)).toBeGreaterThan(10);
});
