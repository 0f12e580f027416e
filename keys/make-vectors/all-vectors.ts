import { chainCases } from "./chain-cases.ts";
import { conversationCases } from "./conversation-cases.ts";
import { envelopeCases } from "./envelope-cases.ts";
import { ephemeralCases } from "./ephemeral-cases.ts";
import { membershipCases } from "./membership-cases.ts";
import { packedWrapsCases, paddingCases } from "./padding-cases.ts";
import { prekeyCases } from "./prekey-cases.ts";
import { recoveryCases } from "./recovery-cases.ts";
import { runVector } from "./run-vector.ts";
import { setUpCases } from "./set-up-cases.ts";
import type { Cases, Vector } from "./vector.ts";
import { wrapCases } from "./wrap-cases.ts";

/**
 * Every frozen vector, by file name. What to expect is written by hand in the cases; a case that turns out
 * otherwise is an error here, not a vector.
 */
export function allVectors(): ReadonlyMap<string, Vector> {
  const groups: readonly Cases[] = [
    chainCases(),
    prekeyCases(),
    setUpCases(),
    wrapCases(),
    envelopeCases(),
    paddingCases(),
    packedWrapsCases(),
    ephemeralCases(),
    recoveryCases(),
    conversationCases(),
    membershipCases(),
  ];
  const vectors = new Map<string, Vector>();
  for (const [name, { about, operation, input, expect }] of groups.flatMap((cases) =>
    Object.entries(cases),
  )) {
    const outcome = runVector({ operation, input });
    if (outcome.expect !== expect) throw new Error(`${name}: ${outcome.expect} instead of ${expect}`);
    if (vectors.has(name)) throw new Error(`${name} twice`);
    vectors.set(name, { about, operation, input, ...outcome });
  }
  return vectors;
}

/** The bytes of a vector's file. */
export function vectorText(vector: Vector): string {
  return `${JSON.stringify(vector, null, 2)}\n`;
}
