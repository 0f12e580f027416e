import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as opaque from "@serenity-kit/opaque";
import { z } from "zod";
import { writeOnce } from "./data-folder.ts";
import { StartupError, systemCode } from "./startup-error.ts";

/** What the relay must not lose and not show; outside the database, the same for all relays of one service. */
export interface Secrets {
  readonly opaqueSetup: string;
  /** The first signs; all verify, so that a new one can be put in front while tokens of the old one live. */
  readonly tokenKeys: readonly [TokenKey, ...TokenKey[]];
  readonly refreshTokenMac: Uint8Array;
  readonly challengeMac: Uint8Array;
  readonly enrolmentTicketMac: Uint8Array;
  /** Makes up what belongs to names that nobody has: account ids, sealed account keys. */
  readonly unknownNameMac: Uint8Array;
}

interface TokenKey {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const base64url = z.string().regex(/^[\w-]+$/);
export type SecretsFile = z.infer<typeof file>;
const file = z.object({
  version: z.literal(1),
  /** Of the OPAQUE library. Without it no password works any more. */
  opaqueSetup: base64url,
  /** Ed25519, PKCS #8. */
  tokenKeys: z
    .array(
      z.object({
        id: base64url,
        key: base64url,
        /** Milliseconds since 1970: signs no more since then. */
        retiredAt: z.number().optional(),
      }),
    )
    .min(1),
  /** 32 bytes, from which all MAC keys are derived. */
  macKey: base64url.length(43),
});

export function secretsPath(folder: string): string {
  return join(folder, "secrets.json");
}

/** Reads the folder's secrets; makes them at the first start. */
export async function loadSecrets(folder: string): Promise<Secrets> {
  const path = secretsPath(folder);
  if ((await read(path)) === undefined) await writeOnce(path, await makeSecrets());
  return (await readSecrets(folder)).secrets;
}

/** As they are now. Throws StartupError. */
export async function readSecrets(folder: string): Promise<{ secrets: Secrets; content: SecretsFile }> {
  const path = secretsPath(folder);
  const text = await read(path);
  await opaque.ready;
  try {
    const content = file.parse(JSON.parse(text ?? ""));
    const { opaqueSetup, tokenKeys, macKey } = content;
    const [first, ...older] = tokenKeys.map(readTokenKey);
    if (first === undefined) throw new Error("no token key");
    opaque.server.getPublicKey(opaqueSetup); // throws if it is not one
    const mac = (purpose: string): Uint8Array =>
      new Uint8Array(hkdfSync("sha256", Buffer.from(macKey, "base64url"), "", `sotto/relay/${purpose}`, 32));
    const secrets: Secrets = {
      opaqueSetup,
      tokenKeys: [first, ...older],
      refreshTokenMac: mac("refresh-token"),
      challengeMac: mac("challenge"),
      enrolmentTicketMac: mac("enrolment-ticket"),
      unknownNameMac: mac("unknown-name"),
    };
    return { secrets, content };
  } catch (cause) {
    throw new StartupError(
      "secrets_unusable",
      `${path} does not hold the relay's secrets.`,
      "Put back the file that belongs to this relay's database: without it nobody can log in.",
      cause,
    );
  }
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (systemCode(cause) === "ENOENT") return undefined;
    throw new StartupError(
      "secrets_unusable",
      `Cannot read ${path} (${systemCode(cause) ?? "unknown reason"}).`,
      "Give the relay's user the right to read it.",
      cause,
    );
  }
}

function readTokenKey({ id, key }: { id: string; key: string }): TokenKey {
  const privateKey = createPrivateKey({ key: Buffer.from(key, "base64url"), format: "der", type: "pkcs8" });
  if (privateKey.asymmetricKeyType !== "ed25519") throw new Error("not an Ed25519 key");
  return { id, privateKey, publicKey: createPublicKey(privateKey) };
}

async function makeSecrets(): Promise<string> {
  await opaque.ready;
  return secretsText({
    version: 1,
    opaqueSetup: opaque.server.createSetup(),
    tokenKeys: [makeTokenKey()],
    macKey: randomBytes(32).toString("base64url"),
  });
}

export function makeTokenKey(): SecretsFile["tokenKeys"][number] {
  const key = generateKeyPairSync("ed25519").privateKey.export({ format: "der", type: "pkcs8" });
  return { id: randomBytes(8).toString("base64url"), key: key.toString("base64url") };
}

export function secretsText(content: SecretsFile): string {
  return `${JSON.stringify(content, undefined, 2)}\n`;
}
