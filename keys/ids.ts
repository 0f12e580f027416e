import { asPlain, fromHex } from "./bytes.ts";
import { KeysError } from "./errors.ts";

declare const brand: unique symbol;

/** Bytes whose length was checked by the one constructor below that has the same name (SPEC §1.3). */
type Branded<Name extends string> = Uint8Array & { readonly [brand]: Name };

export type AccountId = Branded<"AccountId">;
export type DeviceId = Branded<"DeviceId">;
export type MessageId = Branded<"MessageId">;
export type ConversationId = Branded<"ConversationId">;
export type Incarnation = Branded<"Incarnation">;
export type Hash = Branded<"Hash">;
export type Signature = Branded<"Signature">;
export type ContentKey = Branded<"ContentKey">;
export type EphemeralKey = Branded<"EphemeralKey">;

/** A length check says nothing about the point: `checkSigningKey` and its like do (SPEC §1.4). */
export type SigningPublicKey = Branded<"SigningPublicKey">;
export type AgreementPublicKey = Branded<"AgreementPublicKey">;
export type KemPublicKey = Branded<"KemPublicKey">;
export type RecoveryPublicKey = Branded<"RecoveryPublicKey">;

type Constructor<Name extends string> = (bytes: Uint8Array) => Branded<Name>;

function sized<Name extends string>(name: Name, length: number): Constructor<Name> {
  return (bytes) => {
    if (!(bytes instanceof Uint8Array) || bytes.length !== length) {
      throw new KeysError("malformed", `${name} must be ${length} bytes`);
    }
    return (bytes.constructor === Uint8Array ? bytes : asPlain(bytes)) as Branded<Name>;
  };
}

/** Like `sized`, for secrets: the bytes keep their type, so that they go on printing as `[secret]`. */
function sizedSecret<Name extends string>(name: Name, length: number): Constructor<Name> {
  return (bytes) => {
    if (!(bytes instanceof Uint8Array) || bytes.length !== length) {
      throw new KeysError("malformed", `${name} must be ${length} bytes`);
    }
    return bytes as Branded<Name>;
  };
}

export const accountId = sized("AccountId", 32);
export const deviceId = sized("DeviceId", 16);
export const messageId = sized("MessageId", 16);
export const conversationId = sized("ConversationId", 32);
export const incarnation = sized("Incarnation", 16);
export const hash = sized("Hash", 32);
export const signature = sized("Signature", 64);
export const contentKey = sizedSecret("ContentKey", 32);
export const ephemeralKey = sizedSecret("EphemeralKey", 32);
export const signingPublicKey = sized("SigningPublicKey", 32);
export const agreementPublicKey = sized("AgreementPublicKey", 32);
export const kemPublicKey = sized("KemPublicKey", 1184);
export const recoveryPublicKey = sized("RecoveryPublicKey", 1216);

/** `idFromHex(accountId, text)`: the text form of an id back to its bytes. Throws `malformed`. */
export function idFromHex<Id extends Uint8Array>(make: (bytes: Uint8Array) => Id, text: string): Id {
  return make(fromHex(text));
}
