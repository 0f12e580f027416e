import { createHash, generateKeyPairSync, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeOnce } from "./data-folder.ts";
import { makeCertificate } from "./make-certificate.ts";
import { StartupError, systemCode } from "./startup-error.ts";

export interface SelfSigned {
  /** PEM, both in one file: they are of no use without each other. */
  readonly certificate: string;
  readonly key: string;
  /** SHA-256 of the certificate in base64url: what clients verify in place of an authority's word. */
  readonly pin: string;
}

/** RFC 5280 §4.1.2.5: no well-defined end. Who has the pin asks no clock, and an end would lock everybody out. */
const NO_END = new Date("9999-12-31T23:59:59Z");

/** Reads the folder's certificate; makes it at the first start. Who has the address of a relay has it for good. */
export async function loadSelfSigned(folder: string, now: number): Promise<SelfSigned> {
  const path = join(folder, "self-signed.pem");
  let text = await read(path);
  if (text === undefined) {
    await writeOnce(path, make(now));
    text = (await read(path)) ?? "";
  }
  const [certificate, key] = [part(text, "CERTIFICATE"), part(text, "PRIVATE KEY")];
  if (certificate === undefined || key === undefined) throw unusable(path, "does not hold both", undefined);
  return { certificate, key, pin: pinOf(certificate, path) };
}

function pinOf(certificate: string, path: string): string {
  try {
    return createHash("sha256").update(new X509Certificate(certificate).raw).digest("base64url");
  } catch (cause) {
    throw unusable(path, "holds no certificate", cause);
  }
}

function make(now: number): string {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  // Clocks differ: who checks the time all the same shall not find it too new.
  const from = new Date(now - 24 * 3_600_000);
  const certificate = makeCertificate({ privateKey, publicKey, commonName: "Sotto relay", from, to: NO_END });
  return `${certificate}${privateKey.export({ format: "pem", type: "pkcs8" })}`;
}

function part(text: string, label: string): string | undefined {
  return new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----\n?`).exec(text)?.[0];
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (systemCode(cause) === "ENOENT") return undefined;
    throw unusable(path, `cannot be read (${systemCode(cause) ?? "unknown reason"})`, cause);
  }
}

function unusable(path: string, why: string, cause: unknown): StartupError {
  return new StartupError(
    "certificate_unusable",
    `${path}, with the relay's own certificate and key, ${why}.`,
    "Put the file back from a backup. Without it, remove it: the relay makes a new certificate, and everybody needs its new address.",
    cause,
  );
}
