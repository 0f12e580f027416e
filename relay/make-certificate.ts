// A self-signed X.509 certificate (RFC 5280) in DER (X.690): just what one needs that nobody vouches for.
import { type KeyObject, randomBytes, sign } from "node:crypto";

export interface CertificateContent {
  /** P-256. */
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly commonName: string;
  readonly from: Date;
  readonly to: Date;
}

/** For 127.0.0.1 and localhost, as a PEM file. */
export function makeCertificate({ privateKey, publicKey, commonName, from, to }: CertificateContent): string {
  const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"));
  const name = sequence(tlv(0x31, sequence(oid("550403"), tlv(0x0c, Buffer.from(commonName)))));
  const names = sequence(tlv(0x87, Buffer.from([127, 0, 0, 1])), tlv(0x82, Buffer.from("localhost")));
  const isAuthority = sequence(tlv(0x01, Buffer.from([0xff])));
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))), // version 3
    tlv(0x02, serialNumber()),
    ecdsaWithSha256,
    name,
    sequence(time(from), time(to)),
    name,
    publicKey.export({ format: "der", type: "spki" }),
    tlv(0xa3, sequence(extension("551d11", names), extension("551d13", isAuthority))),
  );
  const signature = sign("sha256", body, privateKey);
  const der = sequence(body, ecdsaWithSha256, tlv(0x03, Buffer.from([0]), signature));
  const lines = der.toString("base64").replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

/** Positive and in its shortest form: the first byte is 1 to 127. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

const tlv = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  const long = content.length > 255 ? [0x82, content.length >> 8] : content.length > 127 ? [0x81] : [];
  return Buffer.concat([Buffer.from([tag, ...long, content.length & 0xff]), content]);
};
const sequence = (...parts: Uint8Array[]): Buffer => tlv(0x30, ...parts);
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, "hex"));
/** RFC 5280 §4.1.2.5: two digits for the year up to 2049, four from then on. */
const time = (date: Date): Buffer => {
  const text = date.toISOString().replace(/[-:T]|\.\d+/g, "");
  return date.getUTCFullYear() < 2050 ? tlv(0x17, Buffer.from(text.slice(2))) : tlv(0x18, Buffer.from(text));
};
const extension = (id: string, value: Buffer): Buffer => sequence(oid(id), tlv(0x04, value));
