import { existsSync } from "node:fs";
import { join } from "node:path";
import type { RelayConfig } from "../config.ts";
import { prepareTls } from "../tls.ts";
import { bad, type Check, failed, good, span } from "./check.ts";

const DAY_MS = 24 * 3_600_000;
/** Who renews by a machine does it earlier. */
const SOON_MS = 14 * DAY_MS;
const CENTURY_MS = 36_500 * DAY_MS;

/** Whether clients can connect by TLS, and for how long still. */
export async function checkCertificate(
  { tls, behindProxy }: RelayConfig,
  folder: string,
  now: number,
): Promise<Check> {
  if (tls === undefined) {
    const why = behindProxy ? "the proxy in front speaks TLS" : "it listens on this machine only";
    return good("certificate", `none: ${why}`);
  }
  if (tls === "self-signed" && !existsSync(join(folder, "self-signed.pem"))) {
    return good("certificate", "is made at the first start");
  }
  try {
    const { expiresAt = Number.POSITIVE_INFINITY, pin } = await prepareTls(tls, folder, now);
    const left = expiresAt - now;
    const pinned = pin === undefined ? "" : `, address ends in #sha256=${pin}`;
    if (left > CENTURY_MS) return good("certificate", `has no end${pinned}`);
    const detail = `runs out in ${span(left)}, on ${new Date(expiresAt).toISOString().slice(0, 10)}${pinned}`;
    if (left > SOON_MS) return good("certificate", detail);
    return bad("certificate", null, detail, "Renew it, and restart the relay.");
  } catch (error) {
    return failed("certificate", error);
  }
}
