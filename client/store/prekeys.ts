import {
  asSecret,
  type MadePrekey,
  type PrekeySecret,
  type PrekeySecrets,
  type SetUpHeader,
} from "../../keys/index.ts";
import { countUp, readCounter, setCounter } from "./counters.ts";
import { type Database, statement } from "./database.ts";

type Kind = PrekeySecret["kind"];

interface Row {
  kind: Kind;
  id: number;
  agreement_secret: Uint8Array | null;
  kem_seed: Uint8Array | null;
}

export function addPrekey(db: Database, made: MadePrekey<PrekeySecret>, now: number): void {
  const { secret, published } = made;
  statement<unknown[], never>(db, "insert into prekeys values (?, ?, ?, ?, ?, ?, null)").run(
    secret.kind,
    secret.id,
    secret.kind === "last_resort" ? null : secret.agreementSecret,
    secret.kind === "signed" ? null : secret.kemSeed,
    published,
    now,
  );
}

/** Ids count up and are never used again, one-time pairs included, although those are deleted. */
export function nextPrekeyId(db: Database, kind: Kind): number {
  return countUp(db, `prekey_${kind}`);
}

/** Goes on well after any id that a later state of this profile can have given out. */
export function skipPrekeyIds(db: Database, kind: Kind, by: number): void {
  setCounter(db, `prekey_${kind}`, readCounter(db, `prekey_${kind}`) + by);
}

/** When the one in use of this kind was made. */
export function newestPrekey(db: Database, kind: Kind): { id: number; createdAt: number } | undefined {
  const row = statement<[string], { id: number; created_at: number }>(
    db,
    "select id, created_at from prekeys where kind = ? order by id desc limit 1",
  ).get(kind);
  return row && { id: row.id, createdAt: row.created_at };
}

export function replaceOlderPrekeys(db: Database, kind: Kind, id: number, now: number): void {
  statement<[number, string, number], never>(
    db,
    "update prekeys set replaced_at = ?, unpublished = null where kind = ? and id < ? and replaced_at is null",
  ).run(now, kind, id);
}

export interface UnpublishedPrekey {
  readonly kind: Kind;
  readonly id: number;
  readonly published: Uint8Array;
}

export function unpublishedPrekeys(db: Database): UnpublishedPrekey[] {
  return statement<[], { kind: Kind; id: number; unpublished: Uint8Array }>(
    db,
    "select kind, id, unpublished from prekeys where unpublished is not null order by kind, id",
  )
    .all()
    .map(({ kind, id, unpublished }) => ({ kind, id, published: new Uint8Array(unpublished) }));
}

export function markPublished(db: Database, prekeys: readonly UnpublishedPrekey[]): void {
  const update = statement<[string, number], never>(
    db,
    "update prekeys set unpublished = null where kind = ? and id = ?",
  );
  for (const { kind, id } of prekeys) update.run(kind, id);
}

/** The secrets that a set-up header names; null for what is gone. */
export function readPrekeySecrets(db: Database, header: SetUpHeader): PrekeySecrets {
  const find = (kind: Kind, id: number) =>
    statement<[string, number], Row>(db, "select * from prekeys where kind = ? and id = ?").get(kind, id);
  const signed = find("signed", header.signedPrekeyId);
  const kem = find(header.oneTime ? "one_time" : "last_resort", header.kemPrekeyId);
  return {
    signed:
      signed?.agreement_secret == null
        ? null
        : { kind: "signed", id: signed.id, agreementSecret: secret(signed.agreement_secret) },
    kem: kem === undefined ? null : kemSecret(kem),
  };
}

function kemSecret({ kind, id, agreement_secret, kem_seed }: Row): PrekeySecrets["kem"] {
  if (kem_seed === null) return null;
  if (kind === "last_resort") return { kind, id, kemSeed: secret(kem_seed) };
  if (kind !== "one_time" || agreement_secret === null) return null;
  return { kind, id, agreementSecret: secret(agreement_secret), kemSeed: secret(kem_seed) };
}

function secret(bytes: Uint8Array) {
  return asSecret(new Uint8Array(bytes));
}

export function deleteOneTimePrekey(db: Database, id: number): void {
  statement<[number], never>(db, "delete from prekeys where kind = 'one_time' and id = ?").run(id);
}

/** Private halves that were replaced before then. */
export function deleteReplacedPrekeys(db: Database, before: number): void {
  statement<[number], never>(db, "delete from prekeys where replaced_at < ?").run(before);
}
