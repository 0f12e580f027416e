import * as crypto from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { asSecret, fromHex, type SecretBytes, toHex } from "../../keys/bytes.ts";
import { keyringForget, keyringGet, keyringSet } from "./keyring.ts";
import { ProfileKeyError } from "./profile-key-error.ts";

/**
 * The key that opens the profile's database, kept in one of three ways that the first word of `profile.key` names.
 * Whoever can read a `plain` file and the database can read everything: the file's mode is the protection.
 */
export type KeyKind = "plain" | "passphrase" | "keyring";

/** RFC 9106 §4, second recommended option, on one lane: about 0.1 s. */
const ARGON2 = { memory: 65_536, passes: 3 };
const MAX_ARGON2 = { memory: 1_048_576, passes: 64 };
const TAG = "sotto-profile-key-1";

/** Reads the key. `passphrase` is asked only when the key is sealed by one; undefined means that there is none. */
export async function readProfileKey(
  path: string,
  passphrase: () => Promise<string | undefined>,
): Promise<SecretBytes> {
  const [tag, kind, ...fields] = readKeyFile(path).trim().split(" ");
  if (tag !== TAG) throw new ProfileKeyError("unreadable", `${path} is not a profile key`);
  if (kind === "plain") return keyFrom(fields[0], path);
  if (kind === "keyring") return keyFrom(await keyringGet(fields[0] ?? ""), path, "keyring");
  if (kind !== "passphrase") throw new ProfileKeyError("unreadable", `${path} is of a kind unknown here`);
  const given = await passphrase();
  if (given === undefined) throw new ProfileKeyError("passphrase_needed", "the profile has a passphrase");
  return unseal(fields, given, path);
}

/** The key of a new profile, or the one that is there already: two processes end up with the same. */
export async function createProfileKey(
  path: string,
  options: { kind: KeyKind; passphrase: () => Promise<string | undefined> },
): Promise<SecretBytes> {
  const key = asSecret(new Uint8Array(crypto.randomBytes(32)));
  const written = writeOnce(path, `${TAG} ${options.kind} ${await describe(key, options)}\n`);
  return written ? key : readProfileKey(path, options.passphrase);
}

/**
 * Without its key the profile's database is noise. The system's keyring gives its entry up as far as it can be reached; the
 * file goes in any case.
 */
export async function eraseProfileKey(path: string): Promise<void> {
  const [, kind, name] = existsSync(path) ? readKeyFile(path).trim().split(" ") : [];
  try {
    if (kind === "keyring" && name !== undefined) await keyringForget(name);
  } finally {
    rmSync(path, { force: true });
  }
}

async function describe(
  key: SecretBytes,
  { kind, passphrase }: { kind: KeyKind; passphrase: () => Promise<string | undefined> },
): Promise<string> {
  if (kind === "plain") return toHex(key);
  if (kind === "keyring") {
    const name = crypto.randomUUID();
    await keyringSet(name, toHex(key));
    return name;
  }
  const given = await passphrase();
  if (given === undefined) throw new ProfileKeyError("passphrase_needed", "no passphrase was given");
  const salt = crypto.randomBytes(16);
  // The sealing key comes from a fresh salt and seals once: a constant nonce is never used twice with it.
  const cipher = crypto.createCipheriv("aes-256-gcm", stretch(given, salt, ARGON2), new Uint8Array(12));
  const sealed = Buffer.concat([cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  return [ARGON2.memory, ARGON2.passes, toHex(salt), toHex(sealed)].join(" ");
}

function unseal(fields: string[], passphrase: string, path: string): SecretBytes {
  const [memory, passes] = [Number(fields[0]), Number(fields[1])];
  const [salt, sealed] = [hexBytes(fields[2], 16, path), hexBytes(fields[3], 48, path)];
  if (!(memory >= 8 && memory <= MAX_ARGON2.memory && passes >= 1 && passes <= MAX_ARGON2.passes)) {
    throw new ProfileKeyError("unreadable", `${path} asks for too much work`);
  }
  const key = stretch(passphrase, salt, { memory, passes });
  const decipher = crypto.createDecipheriv("aes-256-gcm", key, new Uint8Array(12));
  decipher.setAuthTag(sealed.subarray(32));
  try {
    return asSecret(
      new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(0, 32)), decipher.final()])),
    );
  } catch (cause) {
    throw new ProfileKeyError("wrong_passphrase", "the passphrase does not open this profile", { cause });
  }
}

function stretch(passphrase: string, salt: Uint8Array, cost: { memory: number; passes: number }): Buffer {
  // Node has Argon2 since 24.7.
  if (typeof crypto.argon2Sync !== "function") {
    throw new ProfileKeyError("no_argon2", "a profile passphrase needs Node 24.7 or newer");
  }
  const message = passphrase.normalize("NFC");
  return crypto.argon2Sync("argon2id", { message, nonce: salt, parallelism: 1, tagLength: 32, ...cost });
}

function keyFrom(hex: string | undefined, path: string, code: "unreadable" | "keyring" = "unreadable") {
  if (hex === undefined || !/^[0-9a-f]{64}$/.test(hex)) {
    throw new ProfileKeyError(code, `${path} holds no profile key`);
  }
  return asSecret(fromHex(hex));
}

function hexBytes(hex: string | undefined, length: number, path: string): Uint8Array {
  if (hex === undefined || !/^[0-9a-f]*$/.test(hex) || hex.length !== 2 * length) {
    throw new ProfileKeyError("unreadable", `${path} is damaged`);
  }
  return fromHex(hex);
}

function readKeyFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") {
      throw new ProfileKeyError("missing", `there is no ${path}`, { cause });
    }
    throw cause;
  }
}

/** Whole or not at all, on the disk when it returns. False: the file was there. */
function writeOnce(path: string, text: string): boolean {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    const file = openSync(unfinished, "w", 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    linkSync(unfinished, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(unfinished, { force: true });
  }
}
