import { randomBytes } from "node:crypto";
import { invitationHash } from "../auth/invitations.ts";
import type { Queries } from "../db/pool.ts";
import { StartupError } from "../startup-error.ts";
import { deleteInvitations, insertInvitation, selectInvitations } from "./sql/invitations.ts";

/** 144 bits: nobody finds one by trying. */
const TOKEN_BYTES = 18;
/** Hex digits of the hash by which an operator names it. */
const ID_DIGITS = 8;

export interface Invitation {
  readonly id: string;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly uses: number;
  readonly used: number;
}

/** Returns the token, which nobody can be told again. */
export async function makeInvitation(
  db: Queries,
  { uses, expiresAt, now }: { uses: number; expiresAt: number | undefined; now: number },
): Promise<{ id: string; token: string }> {
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const tokenHash = invitationHash(token);
  await insertInvitation(db, { tokenHash, uses, expiresAt, now });
  return { id: idOf(tokenHash), token };
}

/** Those that still let somebody in. */
export async function listInvitations(db: Queries, now: number): Promise<Invitation[]> {
  const rows = await selectInvitations(db, now);
  return rows.map(({ token_hash, created_at, expires_at, uses, used }) => ({
    id: idOf(token_hash),
    createdAt: Number(created_at),
    expiresAt: expires_at === null ? undefined : Number(expires_at),
    uses,
    used,
  }));
}

/** Throws StartupError `unknown_invitation`. */
export async function withdrawInvitation(db: Queries, id: string): Promise<void> {
  const found = new RegExp(`^[\\da-f]{${ID_DIGITS},64}$`).test(id) ? await deleteInvitations(db, id) : 0;
  if (found > 0) return;
  throw new StartupError(
    "unknown_invitation",
    "There is no such invitation.",
    "`chat relay admin invitations` lists them with their ids.",
  );
}

function idOf(tokenHash: Buffer): string {
  return tokenHash.toString("hex").slice(0, ID_DIGITS);
}
