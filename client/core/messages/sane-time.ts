const HOUR_MS = 60 * 60 * 1000;

/**
 * When a message was sent, as its sender claims, unless that has not come yet: neither by the relay's clock when it stored
 * it, nor by this machine's. A clock that is a year ahead would put its messages behind all others for so long. All in
 * milliseconds since 1970.
 */
export function saneTime(claimed: number, storedAt: number, now: number): number {
  const latest = Math.max(storedAt, now);
  return claimed > latest + HOUR_MS ? latest : claimed;
}
