// One device that lives in both implementations at once: whatever it does, it does twice, and must do alike.
import { expect } from "vitest";
import * as keys from "../../keys/index.ts";
import type { TestDevice } from "../support/devices.ts";
import type { Chain } from "./chain.ts";
import { openEnvelope } from "./envelope.ts";
import { hex, join, same } from "./primitives.ts";
import * as reference from "./ratchet.ts";
import { accept } from "./session.ts";

interface Session {
  readonly ours: keys.SessionState;
  readonly theirs: reference.Session;
  readonly skipped: readonly keys.SkippedKey[];
}

interface Parts {
  readonly envelope: Uint8Array;
  readonly wrap: Uint8Array;
}

export class Twin {
  readonly device: TestDevice;
  readonly chain: Chain;
  readonly #random: keys.Random;
  readonly #sessions = new Map<Twin, readonly Session[]>();
  readonly #accepted: keys.Hash[] = [];
  #oneTimeTaken = false;
  #oneTimeUsed = false;

  constructor(device: TestDevice, chain: Chain, random: keys.Random) {
    this.device = device;
    this.chain = chain;
    this.#random = random;
  }

  /** The wrap for one peer; the reference, given the same random bytes, makes the same. */
  seal(to: Twin, contentKey: keys.ContentKey, envelopeHash: keys.Hash, now: number): Uint8Array {
    const [session = this.#initiate(to, now), ...others] = this.#sessions.get(to) ?? [];
    const drawn: Uint8Array[] = [];
    const sealed = keys.sealWrap(session.ours, contentKey, envelopeHash, (length) => {
      const bytes = this.#random(length);
      drawn.push(bytes);
      return bytes;
    });
    const twin = reference.sealWrap(session.theirs, contentKey, envelopeHash, join(...drawn));
    expect(hex(twin.wrap)).toBe(hex(sealed.wrap));
    this.#sessions.set(to, [this.#alike(sealed.session, twin.session, session.skipped), ...others]);
    return sealed.wrap;
  }

  /** What both read in a message. */
  open(from: Twin, { envelope, wrap }: Parts): ReturnType<typeof openEnvelope> {
    const contentKey = this.#unwrap(from, wrap, keys.envelopeHash(envelope));
    const ours = keys.openEnvelope(envelope, contentKey);
    const theirs = openEnvelope(envelope, contentKey);
    expect(hex(theirs.contentHash)).toBe(hex(ours.contentHash));
    expect(hex(theirs.inner.body)).toBe(hex(ours.inner.body));
    return theirs;
  }

  #unwrap(from: Twin, wrap: Uint8Array, envelopeHash: keys.Hash): keys.ContentKey {
    const { tag, setUp } = keys.readWrapHeader(wrap);
    const sessions = this.#sessions.get(from) ?? [];
    const session = sessions.find(({ ours }) => same(ours.id.subarray(0, 8), tag));
    const skipped = session?.skipped ?? [];
    let ours: keys.OpenedWrap;
    let theirs: reference.Opened;
    if (session === undefined) {
      ours = this.#respond(from, wrap, envelopeHash, setUp);
      theirs = this.#accept(from, wrap, envelopeHash);
      this.#accepted.push(ours.session.id);
      if (setUp?.oneTime === true) this.#oneTimeUsed = true;
    } else {
      const find = (chain: number, n: number) =>
        skipped.find((each) => each.chain === chain && each.n === n)?.key ?? null;
      ours = keys.openWrap(session.ours, wrap, envelopeHash, find);
      theirs = reference.openWrap(session.theirs, skipped, wrap, envelopeHash);
    }
    expect(hex(theirs.contentKey)).toBe(hex(ours.contentKey));
    expect(theirs.dropOldest).toBe(ours.skipped.dropOldest);
    expect(theirs.used && [theirs.used.chain, theirs.used.n]).toEqual(
      ours.skipped.used && [ours.skipped.used.chain, ours.skipped.used.n],
    );
    expect(theirs.added.map(row)).toEqual(ours.skipped.added.map(row));
    const { used, dropOldest, added } = ours.skipped;
    const left = skipped.filter(({ chain, n }) => chain !== used?.chain || n !== used.n).slice(dropOldest);
    const next = this.#alike(ours.session, theirs.session, [...left, ...added]);
    this.#sessions.set(from, [next, ...sessions.filter((each) => each !== session)]);
    return ours.contentKey;
  }

  #initiate(to: Twin, now: number): Session {
    const kem = to.#oneTimeTaken ? to.device.lastResort : to.device.oneTime;
    to.#oneTimeTaken = true;
    const bundle = { signedPrekey: to.device.signed.published, kemPrekey: kem.published };
    const { me } = this.device;
    const ours = keys.initiate({ me, peer: to.device.peer, bundle, now, random: this.#random });
    return { ours, theirs: reference.decodeSession(keys.encodeSession(ours)), skipped: [] };
  }

  #respond(
    from: Twin,
    wrap: Uint8Array,
    envelopeHash: keys.Hash,
    setUp: keys.SetUpHeader | null,
  ): keys.Responded {
    const { me, signed, oneTime, lastResort } = this.device;
    const pair = this.#oneTimeUsed ? null : oneTime.secret;
    const prekeys = { signed: signed.secret, kem: setUp?.oneTime === true ? pair : lastResort.secret };
    const seen = (id: keys.Hash) => this.#accepted.some((each) => same(each, id));
    return keys.respond({ wrap, envelopeHash, me, initiator: from.device.peer, prekeys, seen });
  }

  #accept(from: Twin, wrap: Uint8Array, envelopeHash: keys.Hash): reference.Opened {
    const { me, signed, oneTime, lastResort } = this.device;
    const pair = { x: oneTime.secret.agreementSecret, kem: oneTime.secret.kemSeed };
    const secrets = {
      identity: me.identity.secretKey,
      signed: new Map([[signed.secret.id, signed.secret.agreementSecret]]),
      lastResort: new Map([[lastResort.secret.id, lastResort.secret.kemSeed]]),
      oneTime: new Map(this.#oneTimeUsed ? [] : [[oneTime.secret.id, pair]]),
    };
    const other = { chain: from.chain, device: from.device.me.deviceId };
    const mine = { chain: this.chain, device: me.deviceId };
    return accept(wrap, envelopeHash, other, mine, secrets, this.#accepted);
  }

  #alike(ours: keys.SessionState, theirs: reference.Session, skipped: readonly keys.SkippedKey[]): Session {
    expect(hex(reference.encodeSession(theirs))).toBe(hex(keys.encodeSession(ours)));
    return { ours, theirs, skipped };
  }
}

const row = ({ chain, n, key }: reference.Skipped): string => `${chain} ${n} ${hex(key)}`;
