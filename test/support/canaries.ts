/** Something that must not be found: a text, or the bytes of a key. */
export interface Canary {
  readonly name: string;
  readonly value: string | Uint8Array;
}

/** The shortest form that is looked for; shorter ones are found by chance. */
const SHORTEST = 8;

/** Finds many secrets, each in many forms, in one pass over any number of bytes. */
export class Canaries {
  /** By their first four bytes. */
  readonly #forms = new Map<number, { readonly name: string; readonly form: Buffer }[]>();
  /** Which hashes of four bytes are worth a look. */
  readonly #worth = new Uint8Array(65_536);

  constructor(canaries: readonly Canary[]) {
    for (const { name, value } of canaries) {
      const forms = formsOf(value);
      if (forms.some((form) => form.length < SHORTEST)) throw new Error(`${name} is too short to look for`);
      for (const form of forms) {
        const start = form.readUInt32BE(0);
        this.#forms.set(start, [...(this.#forms.get(start) ?? []), { name, form }]);
        this.#worth[hashOf(start)] = 1;
      }
    }
  }

  /** Names of those that are in there, each once. */
  in(bytes: Uint8Array): string[] {
    const found = new Set<string>();
    let last = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      last = ((last << 8) | (bytes[at] ?? 0)) >>> 0;
      if (this.#worth[hashOf(last)] === 0) continue;
      for (const { name, form } of this.#forms.get(last) ?? []) {
        const end = at - 3 + form.length;
        if (end <= bytes.length && form.compare(bytes, at - 3, end) === 0) found.add(name);
      }
    }
    return [...found].sort();
  }
}

function hashOf(fourBytes: number): number {
  return (fourBytes ^ (fourBytes >>> 16)) & 0xffff;
}

/** Raw, as hex, and as base64 wherever in something longer it stands; texts in UTF-16 too. */
function formsOf(value: string | Uint8Array): Buffer[] {
  const bytes = Buffer.from(value);
  const hex = bytes.toString("hex");
  const texts = [hex, hex.toUpperCase(), ...[0, 1, 2].flatMap((shift) => base64Of(bytes, shift))];
  const forms = [bytes, ...texts.map((text) => Buffer.from(text))];
  if (typeof value === "string") forms.push(Buffer.from(value, "utf16le"));
  return forms;
}

/** What of the base64 of something longer depends on these bytes alone, if so many others stand before them. */
function base64Of(bytes: Buffer, shift: number): string[] {
  const whole = Buffer.concat([Buffer.alloc(shift), bytes]);
  const from = shift === 0 ? 0 : 4;
  const to = Math.floor(whole.length / 3) * 4;
  return (["base64", "base64url"] as const).map((alphabet) => whole.toString(alphabet).slice(from, to));
}

/** Words that stand one soon after the other, whatever is between them: the first of three that do. */
export function wordsInSequence(bytes: Uint8Array, words: readonly string[]): string | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let number = 0; number + 2 < words.length; number += 1) {
    const [first = "", second = "", third = ""] = words.slice(number, number + 3);
    for (let at = text.indexOf(first); at >= 0; at = text.indexOf(first, at + 1)) {
      const next = soonAfter(text, second, at + first.length);
      if (next !== undefined && soonAfter(text, third, next) !== undefined)
        return `${first} ${second} ${third}`;
    }
  }
  return undefined;
}

const SOON = 24;

/** Where it ends. */
function soonAfter(text: Buffer, word: string, from: number): number | undefined {
  const found = text.subarray(from, from + SOON + word.length).indexOf(word);
  return found < 0 ? undefined : from + found + word.length;
}
