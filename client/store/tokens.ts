import { type Database, statement } from "./database.ts";

export interface Tokens {
  readonly accessToken: string;
  /** By this machine's clock, milliseconds since 1970. */
  readonly accessExpiresAt: number;
  readonly refreshToken: string;
}

interface Row {
  access_token: string;
  access_expires_at: number;
  refresh_token: string;
}

export function readTokens(db: Database): Tokens | undefined {
  const row = statement<[], Row>(db, "select * from tokens").get();
  if (row === undefined) return undefined;
  return {
    accessToken: row.access_token,
    accessExpiresAt: row.access_expires_at,
    refreshToken: row.refresh_token,
  };
}

/** Tokens of a new login. */
export function saveTokens(db: Database, tokens: Tokens): void {
  statement<[string, number, string], never>(db, "insert or replace into tokens values (1, ?, ?, ?)").run(
    tokens.accessToken,
    tokens.accessExpiresAt,
    tokens.refreshToken,
  );
}

/**
 * Tokens of a refresh: taken only while the stored refresh token is the one that was refreshed. False: another
 * process was quicker, read again.
 */
export function replaceTokens(db: Database, refreshed: string, tokens: Tokens): boolean {
  const { changes } = statement<[string, number, string, string], never>(
    db,
    "update tokens set access_token = ?, access_expires_at = ?, refresh_token = ? where refresh_token = ?",
  ).run(tokens.accessToken, tokens.accessExpiresAt, tokens.refreshToken, refreshed);
  return changes === 1;
}
