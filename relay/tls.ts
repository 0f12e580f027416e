import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { ServerCredentials } from "@grpc/grpc-js";
import type { RelayConfig } from "./config.ts";
import { loadSelfSigned } from "./self-signed.ts";
import { StartupError, systemCode } from "./startup-error.ts";

export interface Tls {
  readonly credentials: ServerCredentials;
  /** What a client has to verify the certificate by, if nobody vouches for it. */
  readonly pin: string | undefined;
  /** Milliseconds since 1970 at which the certificate runs out; undefined without TLS. */
  readonly expiresAt: number | undefined;
}

export async function prepareTls(tls: RelayConfig["tls"], folder: string, now: number): Promise<Tls> {
  if (tls !== "self-signed") return { ...serverCredentials(tls, now), pin: undefined };
  const { certificate, key, pin } = await loadSelfSigned(folder, now);
  const pair = { cert_chain: Buffer.from(certificate), private_key: Buffer.from(key) };
  const expiresAt = Date.parse(new X509Certificate(certificate).validTo);
  return { credentials: ServerCredentials.createSsl(null, [pair]), pin, expiresAt };
}

type Given = Exclude<RelayConfig["tls"], "self-signed">;

/** Reads certificate and key, and refuses a pair that no client could use. */
function serverCredentials(tls: Given, now: number): Omit<Tls, "pin"> {
  if (tls === undefined) return { credentials: ServerCredentials.createInsecure(), expiresAt: undefined };
  const cert = readPem(tls.certPath, "certificate");
  const key = readPem(tls.keyPath, "key");
  const certificate = attempt(() => new X509Certificate(cert), `${tls.certPath} is not a PEM certificate`);
  const privateKey = attempt(() => createPrivateKey(key), `${tls.keyPath} is not a PEM private key`);
  if (!certificate.checkPrivateKey(privateKey)) {
    throw unusable(`The key in ${tls.keyPath} does not belong to the certificate in ${tls.certPath}`);
  }
  const expiresAt = Date.parse(certificate.validTo);
  if (now > expiresAt) {
    throw unusable(`The certificate in ${tls.certPath} ran out on ${certificate.validTo}`);
  }
  attempt(() => createSecureContext({ cert, key }), `${tls.certPath} is not a usable certificate chain`);
  return {
    credentials: ServerCredentials.createSsl(null, [{ cert_chain: cert, private_key: key }]),
    expiresAt,
  };
}

function readPem(path: string, what: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw unusable(`Cannot read the ${what} in ${path} (${systemCode(cause) ?? "unknown reason"})`, cause);
  }
}

function attempt<Result>(work: () => Result, otherwise: string): Result {
  try {
    return work();
  } catch (cause) {
    throw unusable(otherwise, cause);
  }
}

function unusable(sentence: string, cause?: unknown): StartupError {
  return new StartupError(
    "certificate_unusable",
    `${sentence}.`,
    "Check --tls-cert and --tls-key: PEM files, the server's own certificate first.",
    cause,
  );
}
