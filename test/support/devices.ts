import type { Myself, Peer } from "../../keys/handshake.ts";
import {
  createLastResortPrekey,
  createOneTimePrekey,
  createSignedPrekey,
  type LastResortPrekeySecret,
  type MadePrekey,
  type OneTimePrekeySecret,
  type SignedPrekeySecret,
} from "../../keys/make-prekeys.ts";
import { monday, person } from "../../keys/make-vectors/people.ts";
import { seededRandom } from "../../keys/make-vectors/seeded-random.ts";

/** Any fixed moment: nothing under test reads a clock. */
export const NOW = monday;

/** The one device of an account, with a prekey of each kind. */
export interface TestDevice {
  /** What this device is to itself and to another one. */
  readonly me: Myself;
  readonly peer: Peer;
  readonly signed: MadePrekey<SignedPrekeySecret>;
  readonly lastResort: MadePrekey<LastResortPrekeySecret>;
  readonly oneTime: MadePrekey<OneTimePrekeySecret>;
}

export function testDevice(name: string): TestDevice {
  const { accountId, chain, device } = person(name);
  const input = { accountId, device, createdAt: NOW, random: seededRandom(`prekeys ${name}`) };
  return {
    me: { chain, deviceId: device.deviceId, identity: device.identity },
    peer: { chain, deviceId: device.deviceId },
    signed: createSignedPrekey({ ...input, id: 7 }),
    lastResort: createLastResortPrekey({ ...input, id: 8 }),
    oneTime: createOneTimePrekey({ ...input, id: 9 }),
  };
}
