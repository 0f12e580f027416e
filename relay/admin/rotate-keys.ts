import { ACCESS_TOKEN_MS } from "../auth/limits.ts";
import { replaceFile } from "../data-folder.ts";
import { makeTokenKey, readSecrets, secretsPath, secretsText } from "../secrets.ts";

/** How long a key that signs no more is kept: longer than a token of its lives, and clocks differ. */
const KEPT_MS = ACCESS_TOKEN_MS + 60 * 60_000;

/**
 * Puts a new key for access tokens in front, which all relays on this folder take up at once. Returns how many there are
 * now. Two rotations at one moment make one key: the other's few tokens are renewed at their next use.
 */
export async function rotateTokenKeys(
  folder: string,
  now: number,
): Promise<{ kept: number; dropped: number }> {
  const { content } = await readSecrets(folder);
  const retired = content.tokenKeys.map((key) => ({ ...key, retiredAt: key.retiredAt ?? now }));
  const kept = retired.filter(({ retiredAt }) => now - retiredAt < KEPT_MS);
  const tokenKeys = [makeTokenKey(), ...kept];
  await replaceFile(secretsPath(folder), secretsText({ ...content, tokenKeys }));
  return { kept: kept.length, dropped: retired.length - kept.length };
}
