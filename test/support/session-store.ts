import { type Random, toHex } from "../../keys/bytes.ts";
import { initiate } from "../../keys/handshake.ts";
import type { ContentKey, Hash } from "../../keys/ids.ts";
import { seededRandom } from "../../keys/make-vectors/seeded-random.ts";
import {
  chooseSession,
  decodeSession,
  encodeSession,
  findSession,
  putFirst,
  type SessionState,
} from "../../keys/session.ts";
import type { SkippedChange, SkippedKey } from "../../keys/skipped-keys.ts";
import { type OpenedWrap, openWrap, readWrapHeader, respond, sealWrap } from "../../keys/wrap.ts";
import { NOW, type TestDevice } from "./devices.ts";

interface Row {
  readonly id: Hash;
  /** The very value that goes in next time, so that a change to it in place would show. */
  readonly session: SessionState;
  readonly skipped: readonly SkippedKey[];
}

/** One device's store for the sessions with one peer device, as a profile would keep it, but in memory. */
export class SessionStore {
  readonly own: TestDevice;
  readonly peer: TestDevice;
  readonly random: Random;
  readonly seen = new Set<string>();
  readonly usedOneTime = new Set<number>();
  rows: readonly Row[] = [];
  /** How many skipped keys were ever put aside. */
  everSkipped = 0;

  constructor(own: TestDevice, peer: TestDevice, seed = "store") {
    this.own = own;
    this.peer = peer;
    this.random = seededRandom(`${seed} ${toHex(own.peer.chain.accountId)}`);
  }

  start(kem: "oneTime" | "lastResort" = "lastResort"): void {
    const session = initiate({
      me: this.own.me,
      peer: this.peer.peer,
      bundle: { signedPrekey: this.peer.signed.published, kemPrekey: this.peer[kem].published },
      now: NOW,
      random: this.random,
    });
    this.#putFirst(session, []);
  }

  seal(key: ContentKey, envelopeHash: Hash): Uint8Array {
    const row = chooseSession(this.rows);
    if (row === null) throw new Error("no session to seal with");
    const { session, wrap } = sealWrap(row.session, key, envelopeHash, this.random);
    const sealed = { ...row, session: reread(session) };
    this.rows = this.rows.map((each) => (each === row ? sealed : each));
    return wrap;
  }

  open(wrap: Uint8Array, envelopeHash: Hash): ContentKey {
    const row = findSession(this.rows, readWrapHeader(wrap).tag);
    return row === null ? this.#accept(wrap, envelopeHash) : this.#openIn(row, wrap, envelopeHash);
  }

  /** Everything that is stored, to compare before and after. */
  snapshot(): string {
    const rows = this.rows.map(({ session, skipped }) => [
      toHex(encodeSession(session)),
      ...skipped.map(({ chain, n, key }) => `${chain} ${n} ${toHex(key)}`),
    ]);
    return JSON.stringify([rows, [...this.seen], [...this.usedOneTime]]);
  }

  get skippedKeys(): number {
    return this.rows.reduce((sum, row) => sum + row.skipped.length, 0);
  }

  #openIn(row: Row, wrap: Uint8Array, envelopeHash: Hash): ContentKey {
    const opened = openWrap(row.session, wrap, envelopeHash, (chain, n) => {
      return row.skipped.find((each) => each.chain === chain && each.n === n)?.key ?? null;
    });
    return this.#store(opened, row.skipped);
  }

  #accept(wrap: Uint8Array, envelopeHash: Hash): ContentKey {
    const { setUp } = readWrapHeader(wrap);
    const { signed, lastResort, oneTime } = this.own;
    const kem = setUp?.oneTime === true ? oneTime.secret : lastResort.secret;
    const gone = setUp?.kemPrekeyId !== kem.id || (kem.kind === "one_time" && this.usedOneTime.has(kem.id));
    const responded = respond({
      wrap,
      envelopeHash,
      me: this.own.me,
      initiator: this.peer.peer,
      prekeys: {
        signed: setUp?.signedPrekeyId === signed.secret.id ? signed.secret : null,
        kem: gone ? null : kem,
      },
      seen: (id) => this.seen.has(toHex(id)),
    });
    this.seen.add(toHex(responded.session.id));
    if (responded.usedOneTimeId !== null) this.usedOneTime.add(responded.usedOneTimeId);
    return this.#store(responded, []);
  }

  #store({ session, contentKey, skipped }: OpenedWrap, kept: readonly SkippedKey[]): ContentKey {
    this.everSkipped += skipped.added.length;
    this.#putFirst(session, changed(kept, skipped));
    return contentKey;
  }

  #putFirst(session: SessionState, skipped: readonly SkippedKey[]): void {
    this.rows = putFirst(this.rows, { id: session.id, session: reread(session), skipped }).sessions;
  }
}

/** As it comes back from storage. */
function reread(session: SessionState): SessionState {
  return decodeSession(encodeSession(session));
}

/** What `SkippedChange` asks of a store, word by word. */
function changed(kept: readonly SkippedKey[], { used, dropOldest, added }: SkippedChange): SkippedKey[] {
  const left = kept
    .filter((key) => used === null || key.chain !== used.chain || key.n !== used.n)
    .sort((one, other) => one.chain - other.chain || one.n - other.n);
  return [...left.slice(dropOldest), ...added];
}
