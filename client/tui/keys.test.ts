import fc from "fast-check";
import { expect, test } from "vitest";
import { type Input, KeyReader } from "./keys.ts";

const ESC = "\u001b";

/** What these pieces of input come to, and what silence after them adds. */
function read(...chunks: string[]): Input[] {
  const reader = new KeyReader();
  const inputs = chunks.flatMap((chunk) => reader.push(chunk));
  return [...inputs, ...(reader.patience === undefined ? [] : reader.flush())];
}

function keys(...chunks: string[]): string[] {
  return read(...chunks).map((input) => (input.kind === "key" ? input.key : input.kind));
}

test("characters are keys of their own name, with the text that they insert", () => {
  expect(read("aÉ ")).toEqual([
    { kind: "key", key: "a", text: "a" },
    { kind: "key", key: "É", text: "É" },
    { kind: "key", key: "space", text: " " },
  ]);
  expect(keys("+-/?:G")).toEqual(["+", "-", "/", "?", ":", "G"]);
});

test("a grapheme of several code points is one key", () => {
  expect(keys("👩‍👩‍👧e\u0301")).toEqual(["👩‍👩‍👧", "e\u0301"]);
});

test.each([
  ["\r", "enter"],
  ["\n", "ctrl-j"],
  ["\t", "tab"],
  ["\u007f", "backspace"],
  ["\b", "ctrl-h"],
  ["\u0000", "ctrl-space"],
  ["\u0010", "ctrl-p"],
  ["\u001f", "ctrl-_"],
  [ESC, "esc"],
  [`${ESC}[`, "alt-["],
  [`${ESC}a`, "alt-a"],
  [`${ESC}A`, "alt-A"],
  [`${ESC},`, "alt-comma"],
  [`${ESC}ä`, "alt-ä"],
  [`${ESC}_`, "alt-_"],
  [`${ESC}\r`, "alt-enter"],
  [`${ESC}\u007f`, "alt-backspace"],
  [`${ESC}[A`, "up"],
  [`${ESC}OB`, "down"],
  [`${ESC}[1;5C`, "ctrl-right"],
  [`${ESC}[1;3D`, "alt-left"],
  [`${ESC}[1;6H`, "ctrl-shift-home"],
  [`${ESC}${ESC}[A`, "alt-up"],
  [`${ESC}[Z`, "shift-tab"],
  [`${ESC}[5~`, "pageup"],
  [`${ESC}[3;5~`, "ctrl-delete"],
  [`${ESC}[7^`, "ctrl-home"],
  [`${ESC}[7$`, "shift-home"],
  [`${ESC}Oa`, "ctrl-up"],
  [`${ESC}[b`, "shift-down"],
  [`${ESC}OP`, "f1"],
  [`${ESC}[11~`, "f1"],
  [`${ESC}[[A`, "f1"],
  [`${ESC}[24~`, "f12"],
  [`${ESC}OM`, "enter"],
  // xterm's modifyOtherKeys
  [`${ESC}[27;2;13~`, "shift-enter"],
  // The kitty protocol
  [`${ESC}[13;2u`, "shift-enter"],
  [`${ESC}[27u`, "esc"],
  [`${ESC}[112;5u`, "ctrl-p"],
  [`${ESC}[97;3u`, "alt-a"],
  [`${ESC}[97;4u`, "alt-A"],
  [`${ESC}[44;3u`, "alt-comma"],
  [`${ESC}[47;5u`, "ctrl-slash"],
  [`${ESC}[9;5u`, "ctrl-tab"],
  [`${ESC}[97;69u`, "ctrl-a"],
  [`${ESC}[57421u`, "pageup"],
  [`${ESC}[57404u`, "5"],
  [`${ESC}[1;2:2A`, "shift-up"],
  [`${ESC}[97;9u`, "super-a"],
])("%j is %s", (sequence, name) => {
  expect(keys(sequence)).toEqual([name]);
});

test("what means nothing here is dropped whole, and nothing of it is typed", () => {
  for (const sequence of ["[99~", "[?1u", "[?64;1c", "[12;40R", "[97;5:3u", "OX", "[;5~", "[55296u", "[u"]) {
    expect(keys(`${ESC}${sequence}x`)).toEqual(["x"]);
  }
  expect(keys("\u009ba")).toEqual(["a"]);
});

test("several keys in one piece of input are several keys", () => {
  expect(keys(`a${ESC}[A${ESC}x\r${ESC}`)).toEqual(["a", "up", "alt-x", "enter", "esc"]);
  expect(keys(`${ESC}${ESC}`)).toEqual(["esc", "esc"]);
  expect(keys(`${ESC}${ESC}a`)).toEqual(["esc", "alt-a"]);
});

test("focus and the mouse are reported", () => {
  expect(read(`${ESC}[I${ESC}[O`)).toEqual([
    { kind: "focus", has: true },
    { kind: "focus", has: false },
  ]);
  expect(read(`${ESC}[<0;5;3M${ESC}[<0;5;3m`)).toEqual([{ kind: "mouse", what: "click", x: 4, y: 2 }]);
  expect(read(`${ESC}[<64;1;1M`)).toEqual([{ kind: "mouse", what: "wheel up", x: 0, y: 0 }]);
  expect(read(`${ESC}[<81;1;1M`)).toEqual([{ kind: "mouse", what: "wheel down", x: 0, y: 0 }]);
  expect(read(`${ESC}[<2;1;1M${ESC}[<35;1;1M`)).toEqual([]);
  // A terminal that knows only the oldest reports.
  expect(read(`${ESC}[M %#`)).toEqual([{ kind: "mouse", what: "click", x: 4, y: 2 }]);
});

test("a paste is one event, with its lines as lines, and its escapes are text", () => {
  expect(read(`${ESC}[200~one\r\ntwo\rthree${ESC}[31m${ESC}[201~x`)).toEqual([
    { kind: "paste", text: `one\ntwo\nthree${ESC}[31m` },
    { kind: "key", key: "x", text: "x" },
  ]);
});

test("a paste whose end never comes is taken after a while, and keys are keys again", () => {
  const reader = new KeyReader();
  expect(reader.push(`${ESC}[200~lost${ESC}[20`)).toEqual([]);
  expect(reader.patience).toBe(5_000);
  expect(reader.flush()).toEqual([{ kind: "paste", text: `lost${ESC}[20` }]);
  expect(reader.push("x")).toMatchObject([{ kind: "key", key: "x" }]);
});

test("a paste has a limit", () => {
  const reader = new KeyReader();
  reader.push(`${ESC}[200~`);
  for (let megabyte = 0; megabyte < 6; megabyte++) reader.push("x".repeat(1024 * 1024));
  expect(reader.push(`${ESC}[201~`)).toEqual([{ kind: "paste", text: "x".repeat(4 * 1024 * 1024) }]);
});

test("much text at once is a paste, even if the terminal does not say so", () => {
  expect(read("x".repeat(300))).toEqual([{ kind: "paste", text: "x".repeat(300) }]);
});

const pieces = fc.constantFrom(
  ..."aé界👍\r\n\t\u007f\u0000",
  ...[`${ESC}[A`, `${ESC}OP`, `${ESC}[1;5C`, `${ESC}[<0;12;7M`, `${ESC}[I`, `${ESC}[97;5u`, `${ESC}x`],
  ...[`${ESC}[200~a\rb${ESC}[201~`, `${ESC}[99~`, `${ESC}[[B`, `${ESC}${ESC}[B`],
);

test("however the input is cut into pieces, it is the same keys", () => {
  fc.assert(
    fc.property(
      fc.array(pieces, { maxLength: 20 }),
      fc.array(fc.nat(200), { maxLength: 8 }),
      (parts, cuts) => {
        const whole = parts.join("");
        const places = [...new Set(cuts.filter((cut) => cut < whole.length && !splitsCharacter(whole, cut)))];
        places.sort((one, other) => one - other);
        const chunks = [...places, whole.length].map((end, at) => whole.slice(places[at - 1] ?? 0, end));
        expect(read(...chunks)).toEqual(read(whole));
      },
    ),
    { numRuns: 2_000 },
  );
});

test("no input throws, and none brings a control character as typed text", () => {
  const unit = fc.oneof(
    pieces,
    fc.string({ unit: "binary", maxLength: 4 }),
    fc.constantFrom(ESC, "[", "O", ";", "1"),
  );
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 30 }), (chunks) => {
      const text = read(...chunks).map((input) => (input.kind === "key" ? input.text : ""));
      expect(/\p{Cc}/u.test(text.join(""))).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});

/** A decoder never gives half a character; a combining one may come late and is then a key of its own. */
function splitsCharacter(text: string, at: number): boolean {
  return /[\udc00-\udfff]/.test(text[at] ?? "");
}
