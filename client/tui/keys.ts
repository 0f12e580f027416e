// What a terminal sends, as keys. Ink's own reader drops reports of mouse and focus and cannot tell F1 from nothing, so
// this is the only reader of the terminal.
import type { KeyName } from "./model/event.ts";

export type Input =
  | { readonly kind: "key"; readonly key: KeyName; readonly text: string }
  | { readonly kind: "paste"; readonly text: string }
  /** Cells from the upper left corner. */
  | { readonly kind: "mouse"; readonly what: "click" | "wheel up" | "wheel down"; x: number; y: number }
  | { readonly kind: "focus"; readonly has: boolean };

/** A lone escape may be the beginning of a key whose rest is still on its way. */
const ESCAPE_MS = 30;
/** A paste whose end never comes must not swallow all keys for ever. */
const PASTE_MS = 5_000;
/** UTF-16 units; the rest of a longer paste is dropped. */
const MAX_PASTE = 4 * 1024 * 1024;
/** So much text at once was not typed: the terminal does not mark pastes. */
const TYPED_AT_ONCE = 256;

const ESC = "\u001b";
const PASTE_END = `${ESC}[201~`;
const LONGEST_SEQUENCE = 64;

const letters: Readonly<Record<string, string>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  F: "end",
  H: "home",
  P: "f1",
  Q: "f2",
  R: "f3",
  S: "f4",
  Z: "shift-tab",
};

const numbers: Readonly<Record<string, string>> = {
  ...{ 1: "home", 2: "insert", 3: "delete", 4: "end", 5: "pageup", 6: "pagedown", 7: "home", 8: "end" },
  ...{ 11: "f1", 12: "f2", 13: "f3", 14: "f4", 15: "f5", 17: "f6", 18: "f7", 19: "f8", 20: "f9" },
  ...{ 21: "f10", 23: "f11", 24: "f12" },
};

/** Keys of the kitty protocol that are no characters, and those whose names the keymap writes out. */
const codes: Readonly<Record<number, string>> = {
  ...{ 9: "tab", 13: "enter", 27: "esc", 32: "space", 44: "comma", 47: "slash", 127: "backspace" },
  ...{ 57414: "enter", 57417: "left", 57418: "right", 57419: "up", 57420: "down", 57421: "pageup" },
  ...{ 57422: "pagedown", 57423: "home", 57424: "end", 57425: "insert", 57426: "delete" },
};
const KEYPAD_ZERO = 57_399;
const keypad = "0123456789./*-+";

const SHIFT = 1;
const ALT = 2;
const CTRL = 4;
const LOCKS = 64 | 128;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

export class KeyReader {
  /** The beginning of a sequence. */
  #pending = "";
  /** What was pasted so far, while a paste goes on. */
  #pasted: string[] | undefined;
  #pastedLength = 0;

  /** The keys that this piece of input completes. */
  push(chunk: string): Input[] {
    const found: Input[] = [];
    let rest = this.#pending + chunk;
    this.#pending = "";
    while (rest !== "")
      rest = this.#pasted === undefined ? this.#next(rest, found) : this.#paste(rest, found);
    return found;
  }

  /** After how many milliseconds of silence `flush` should be called. */
  get patience(): number | undefined {
    if (this.#pasted !== undefined) return PASTE_MS;
    return this.#pending === "" ? undefined : ESCAPE_MS;
  }

  /** Nothing more came: what is there has to be a key, or the end of a paste. */
  flush(): Input[] {
    const rest = this.#pending;
    this.#pending = "";
    if (this.#pasted !== undefined) return [this.#endPaste(rest)];
    if (rest === ESC) return [key("esc")];
    if (rest === ESC + ESC) return [key("esc"), key("esc")];
    return rest === `${ESC}[` || rest === `${ESC}O` ? [key(`alt-${rest.slice(1)}`)] : [];
  }

  /** Takes what stands at the beginning and gives the rest. */
  #next(text: string, found: Input[]): string {
    const at = text.search(control);
    if (at !== 0) {
      const plain = at === -1 ? text : text.slice(0, at);
      if (plain.length > TYPED_AT_ONCE) found.push({ kind: "paste", text: plain });
      else for (const { segment } of graphemes.segment(plain)) found.push(typed(segment));
      return text.slice(plain.length);
    }
    if (!text.startsWith(ESC)) {
      found.push(...controlKey(text.charCodeAt(0), ""));
      return text.slice(1);
    }
    const length = sequenceLength(text);
    if (length === undefined) {
      this.#pending = text;
      return "";
    }
    const sequence = text.slice(0, length);
    if (sequence === `${ESC}[200~`) {
      this.#pasted = [];
      this.#pastedLength = 0;
    } else found.push(...decode(sequence));
    return text.slice(length);
  }

  #paste(text: string, found: Input[]): string {
    const end = text.indexOf(PASTE_END);
    if (end !== -1) {
      found.push(this.#endPaste(text.slice(0, end)));
      return text.slice(end + PASTE_END.length);
    }
    // The mark of the end may be cut in two.
    const last = text.lastIndexOf(ESC);
    const kept = last !== -1 && PASTE_END.startsWith(text.slice(last)) ? last : text.length;
    this.#keep(text.slice(0, kept));
    this.#pending = text.slice(kept);
    return "";
  }

  #keep(text: string): void {
    const fits = text.slice(0, Math.max(0, MAX_PASTE - this.#pastedLength));
    this.#pasted?.push(fits);
    this.#pastedLength += fits.length;
  }

  #endPaste(last: string): Input {
    this.#keep(last);
    const text = (this.#pasted ?? []).join("").replace(/\r\n?/g, "\n");
    this.#pasted = undefined;
    return { kind: "paste", text };
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: this is where they are read
const control = /[\u0000-\u001f\u007f-\u009f]/;

/** How long the sequence at the beginning is; undefined while its end is missing. */
function sequenceLength(text: string): number | undefined {
  // An escape before a sequence means Alt, in some terminals; before anything else it is a key of its own.
  const start = text.startsWith(`${ESC}${ESC}[`) || text.startsWith(`${ESC}${ESC}O`) ? 2 : 1;
  const kind = text[start];
  if (kind === undefined) return undefined;
  if (kind === ESC) return text.length > 2 ? 1 : undefined;
  if (kind !== "[" && kind !== "O") return start + ((text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1);
  return kind === "[" ? csiLength(text, start + 1) : ss3Length(text, start + 1);
}

function csiLength(text: string, start: number): number | undefined {
  // The Linux console's function keys, and mouse reports of terminals that know no better ones.
  if (text[start] === "[") return text.length > start + 1 ? start + 2 : undefined;
  if (text[start] === "M") return text.length > start + 3 ? start + 4 : undefined;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // rxvt ends keys with shift in `$`.
    if ((code >= 0x40 && code <= 0x7e) || (code === 0x24 && at > start)) return at + 1;
    // Not a sequence after all: what stood there is dropped.
    if (code < 0x20 || code > 0x3f || at - start > LONGEST_SEQUENCE) return at;
  }
  return undefined;
}

function ss3Length(text: string, start: number): number | undefined {
  for (let at = start; at < text.length; at++) {
    if (!/[\d;]/.test(text[at] ?? "")) return at + 1;
    if (at - start > LONGEST_SEQUENCE) return at;
  }
  return undefined;
}

function decode(sequence: string): Input[] {
  if (sequence === ESC) return [key("esc")];
  const isAlt = sequence[1] === ESC;
  const body = sequence.slice(isAlt ? 2 : 1);
  if (body.length === 1 || !/^[[O]/.test(body)) {
    const code = body.codePointAt(0) ?? 0;
    if (control.test(body)) return controlKey(code, "alt-");
    return [key(`alt-${names(body)}`)];
  }
  if (body === "[I" || body === "[O") return [{ kind: "focus", has: body === "[I" }];
  if (/^\[(<|M)/.test(body)) return mouse(body);
  return special(body, isAlt ? ALT : 0);
}

function special(body: string, alt: number): Input[] {
  const [, linux] = /^\[\[([A-E])$/.exec(body) ?? [];
  if (linux !== undefined) return [key(`f${linux.charCodeAt(0) - 64}`)];
  const [, parameters = "", final = ""] = /^[[O]([\d;:]*)([A-Za-z~^$@])$/.exec(body) ?? [];
  const [first = "", second = "", third = ""] = parameters.split(";");
  const [modifier = "", event = ""] = second.split(":");
  if (event === "3") return [];
  const modifiers = ((Number(modifier) || 1) - 1) | alt;
  if (final === "u") return character(Number(first.split(":")[0]), modifiers);
  if (final === "~" && first === "27") return character(Number(third), modifiers);
  if (final === "~") return named(numbers[first], modifiers);
  // rxvt: `^` for ctrl, `$` for shift, `@` for both; lower case letters for arrows with shift, or ctrl after O.
  if (/[\^$@]/.test(final)) {
    return named(numbers[first], alt | (final === "$" ? 0 : CTRL) | (final === "^" ? 0 : SHIFT));
  }
  if (/[abcd]/.test(final)) {
    return named(letters[final.toUpperCase()], alt | (body.startsWith("O") ? CTRL : SHIFT));
  }
  if (body === "OM") return named("enter", alt);
  // `CSI 1 ; modifiers A`; after O the modifiers may stand alone. Other numbers belong to reports, as of the cursor.
  if (body.startsWith("O") && second === "") return named(letters[final], ((Number(first) || 1) - 1) | alt);
  return first === "" || first === "1" ? named(letters[final], modifiers) : [];
}

function named(name: string | undefined, modifiers: number): Input[] {
  return name === undefined ? [] : [key(prefix(modifiers) + name)];
}

/** A key of the kitty protocol, or of xterm's modifyOtherKeys. */
function character(code: number, given: number): Input[] {
  const modifiers = given & ~LOCKS;
  const onKeypad = keypad[code - KEYPAD_ZERO];
  if (onKeypad !== undefined) return character(onKeypad.charCodeAt(0), given);
  if (modifiers === 0 && (code === 44 || code === 47 || code === 32))
    return [typed(String.fromCodePoint(code))];
  const name = codes[code];
  if (name !== undefined) return named(name, modifiers);
  if (!(code > 32 && code <= 0x10ffff) || (code >= 0x7f && code < 0xa0) || (code >= 0xd800 && code < 0xf900))
    return [];
  const plain = String.fromCodePoint(code);
  const shown = (modifiers & SHIFT) === 0 ? plain : plain.toUpperCase();
  const others = modifiers & ~SHIFT;
  return [others === 0 ? typed(shown) : key(prefix(others) + shown)];
}

function prefix(modifiers: number): string {
  const held = modifiers & ~LOCKS;
  // Super, hyper and meta: keys that are nobody's here.
  const other = (held & ~(SHIFT | ALT | CTRL)) === 0 ? "" : "super-";
  return `${other}${held & CTRL ? "ctrl-" : ""}${held & ALT ? "alt-" : ""}${held & SHIFT ? "shift-" : ""}`;
}

function controlKey(code: number, alt: "" | "alt-"): Input[] {
  if (code === 0x0d) return [key(`${alt}enter`)];
  if (code === 0x09) return [key(`${alt}tab`)];
  if (code === 0x7f) return [key(`${alt}backspace`)];
  if (code === 0) return [key(`ctrl-${alt}space`)];
  if (code > 0x1f) return [];
  return [key(`ctrl-${alt}${String.fromCharCode(code + (code <= 26 ? 96 : 64))}`)];
}

function mouse(body: string): Input[] {
  let button: number;
  let x: number;
  let y: number;
  if (body.startsWith("[M")) {
    [button = 0, x = 0, y = 0] = [...body.slice(2)].map((letter) => (letter.codePointAt(0) ?? 0) - 32);
    if (button === 3) return [];
  } else {
    const [, b, column, row, end] = /^\[<(\d+);(\d+);(\d+)([Mm])$/.exec(body) ?? [];
    if (end !== "M") return [];
    [button, x, y] = [Number(b), Number(column), Number(row)];
  }
  // Shift, alt and ctrl may be held.
  const what = ({ 0: "click", 64: "wheel up", 65: "wheel down" } as const)[button & ~(4 | 8 | 16)];
  return what === undefined ? [] : [{ kind: "mouse", what, x: x - 1, y: y - 1 }];
}

function typed(text: string): Input {
  return { kind: "key", key: text === " " ? "space" : text, text };
}

function key(name: KeyName): Input {
  return { kind: "key", key: name, text: "" };
}

/** With a modifier these are written out, since a list of keys is separated by commas. */
function names(character: string): string {
  return { " ": "space", ",": "comma", "/": "slash" }[character] ?? character;
}
