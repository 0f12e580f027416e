import { asSecret, concat, toHex, utf8 } from "../bytes.ts";
import { sealEphemeral } from "../ephemeral.ts";
import { EPHEMERAL_HEADER_BYTES, MAX_EPHEMERAL_FRAME_BYTES } from "../ephemeral-header.ts";
import type { KeysErrorCode } from "../errors.ts";
import { ephemeralKey } from "../ids.ts";
import { frame } from "../labelled.ts";
import { labels } from "../labels.ts";
import { xchachaSeal } from "../sodium.ts";
import { flip, put } from "./damage.ts";
import { letter } from "./envelope-cases.ts";
import { seededRandom } from "./seeded-random.ts";
import type { Cases } from "./vector.ts";

export function ephemeralCases(): Cases {
  const key = ephemeralKey(asSecret(seededRandom("ephemeral key")(32)));
  const random = seededRandom("ephemeral frame");
  const bytes = sealEphemeral({ header: letter().header, body: utf8("typing"), key, random });
  const header = bytes.subarray(0, EPHEMERAL_HEADER_BYTES);
  const nonce = header.subarray(-24);
  const unpadded = concat(
    header,
    xchachaSeal(key, nonce, new Uint8Array(256), frame(labels.ephemeral, header)),
  );
  const check = (
    expect: "ok" | KeysErrorCode,
    about: string,
    sealed: Uint8Array,
    secret: Uint8Array = key,
  ) => ({
    about,
    operation: "open ephemeral",
    input: { frame: toHex(sealed), key: toHex(secret) },
    expect,
  });
  return {
    "ephemeral-typing": check("ok", "a frame that says: typing", bytes),
    "ephemeral-wrong-key": check("decrypt_failed", "another key", bytes, flip(key, 0)),
    "ephemeral-sender": check("decrypt_failed", "a bit of the sender's account", flip(bytes, 40)),
    "ephemeral-device": check("decrypt_failed", "a bit of the sender's device", flip(bytes, 70)),
    "ephemeral-tag": check("decrypt_failed", "a bit of the tag", flip(bytes, -1)),
    "ephemeral-truncated": check(
      "malformed",
      "the last byte of the shortest frame is missing",
      bytes.subarray(0, -1),
    ),
    "ephemeral-trailing-byte": check("decrypt_failed", "a byte follows", concat(bytes, Uint8Array.of(0))),
    "ephemeral-too-long": check(
      "malformed",
      "above 4,096 bytes",
      concat(bytes, new Uint8Array(MAX_EPHEMERAL_FRAME_BYTES)),
    ),
    "ephemeral-padding": check("malformed", "no padding mark", unpadded),
    "ephemeral-version-2": check("unsupported_version", "version 2", put(bytes, 0, Uint8Array.of(2))),
  };
}
