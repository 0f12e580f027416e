// A self-signed certificate for 127.0.0.1, made on the spot: no key lies in the repository, none needs openssl.
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

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
  const der = certificate(privateKey, publicKey, day(days.from ?? -1), day(days.to ?? 1));
  const pem = `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
  const files = { certPath: join(folder, `${name}.crt`), keyPath: join(folder, `${name}.key`), pem };
  await writeFile(files.certPath, pem);
  await writeFile(files.keyPath, privateKey.export({ format: "pem", type: "pkcs8" }));
  return files;
}

// DER (X.690), just what RFC 5280 needs here.
const tlv = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  const long = content.length > 255 ? [0x82, content.length >> 8] : content.length > 127 ? [0x81] : [];
  return Buffer.concat([Buffer.from([tag, ...long, content.length & 0xff]), content]);
};
const sequence = (...parts: Uint8Array[]): Buffer => tlv(0x30, ...parts);
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, "hex"));
const time = (date: Date): Buffer => tlv(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, "")));
const extension = (id: string, value: Buffer): Buffer => sequence(oid(id), tlv(0x04, value));

function certificate(privateKey: KeyObject, publicKey: KeyObject, from: Date, to: Date): Buffer {
  const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"));
  const commonName = sequence(tlv(0x31, sequence(oid("550403"), tlv(0x0c, Buffer.from("Sotto test")))));
  const names = sequence(tlv(0x87, Buffer.from([127, 0, 0, 1])), tlv(0x82, Buffer.from("localhost")));
  const isAuthority = sequence(tlv(0x01, Buffer.from([0xff])));
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))), // version 3
    tlv(0x02, Buffer.from([1])), // serial number
    ecdsaWithSha256,
    commonName,
    sequence(time(from), time(to)),
    commonName,
    publicKey.export({ format: "der", type: "spki" }),
    tlv(0xa3, sequence(extension("551d11", names), extension("551d13", isAuthority))),
  );
  const signature = sign("sha256", body, privateKey);
  return sequence(body, ecdsaWithSha256, tlv(0x03, Buffer.from([0]), signature));
}
