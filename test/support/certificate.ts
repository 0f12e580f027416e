// A self-signed certificate for 127.0.0.1, made on the spot: no key lies in the repository, none needs openssl.
import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeCertificate as makePem } from "../../relay/make-certificate.ts";

export interface CertificateFiles {
  readonly certPath: string;
  readonly keyPath: string;
  readonly pem: string;
}

export async function makeCertificate(
  folder: string,
  name: string,
  days: { from?: number; to?: number } = {},
): Promise<CertificateFiles> {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const day = (offset: number) => new Date(Date.now() + offset * 86_400_000);
  const pem = makePem({
    privateKey,
    publicKey,
    commonName: "Sotto test",
    from: day(days.from ?? -1),
    to: day(days.to ?? 1),
  });
  const files = { certPath: join(folder, `${name}.crt`), keyPath: join(folder, `${name}.key`), pem };
  await writeFile(files.certPath, pem);
  await writeFile(files.keyPath, privateKey.export({ format: "pem", type: "pkcs8" }));
  return files;
}
