import fc from "fast-check";
import { expect, test } from "vitest";
import { safeBlock, safeJson, safeText } from "./safe-text.ts";

// Written out, not shared with the code: a list of what must never reach a terminal.
function obeyed(code: number): boolean {
  return (
    code < 0x20 ||
    (code >= 0x7f && code <= 0x9f) ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069) ||
    [0x61c, 0x200e, 0x200f, 0x2028, 0x2029, 0xfeff].includes(code) ||
    (code >= 0xe0000 && code <= 0xe007f) ||
    (code >= 0xd800 && code <= 0xdfff)
  );
}

const nasty = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 0xa0 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0x2000, max: 0x206f }) },
  { weight: 1, arbitrary: fc.integer({ min: 0xd800, max: 0xdfff }) },
  { weight: 1, arbitrary: fc.integer({ min: 0xe0000, max: 0xe007f }) },
  { weight: 1, arbitrary: fc.integer({ min: 0x300, max: 0x36f }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 0x10ffff }) },
);
const nastyText = fc.array(nasty, { maxLength: 60 }).map((codes) => String.fromCodePoint(...codes));
const codes = (text: string) => Array.from(text, (character) => character.codePointAt(0) ?? 0);

test("nothing that a terminal obeys survives", () => {
  fc.assert(
    fc.property(nastyText, (text) => {
      expect(codes(safeText(text)).filter(obeyed)).toEqual([]);
      expect(codes(safeBlock(text)).filter((code) => obeyed(code) && code !== 0x0a)).toEqual([]);
      expect(codes(safeJson({ text })).filter(obeyed)).toEqual([]);
    }),
    { numRuns: 3_000 },
  );
});

test("any bytes, read as text, come out harmless", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const utf8 = new TextDecoder().decode(bytes);
      const latin1 = Buffer.from(bytes).toString("latin1");
      for (const text of [utf8, latin1]) expect(codes(safeText(text)).filter(obeyed)).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});

test("JSON keeps the exact value", () => {
  fc.assert(
    fc.property(nastyText, (text) => {
      expect(JSON.parse(safeJson({ text }))).toEqual({ text });
    }),
  );
});

test("safe text is stable: made safe again it stays as it is", () => {
  fc.assert(
    fc.property(nastyText, (text) => {
      expect(safeText(safeText(text))).toBe(safeText(text));
    }),
  );
});

test("controls are shown, not dropped", () => {
  expect(safeText("\u001b[31mred\u001b]52;c;aGk=\u0007")).toBe("␛[31mred␛]52;c;aGk=␇");
  expect(safeText("a\nb\tc\r\u007f\u009b2J")).toBe("a␊b␉c␍␡\\u{9b}2J");
  expect(safeText("gnp.\u202eexe")).toBe("gnp.\\u{202e}exe");
  expect(safeText("hi\u{e0041}")).toBe("hi\\u{e0041}");
  expect(safeText("\ud800x")).toBe("\\u{d800}x");
});

test("what people write stays as it is", () => {
  const texts = ["Grüße, 東京, שלום, مرحبا, नमस्ते, ไทย", "👩🏽‍❤️‍💋‍👨🏻 🇩🇪 1️⃣", "é è ệ", "می‌خواهم"];
  for (const text of texts) expect(safeText(text)).toBe(text);
});

test("a pile of combining marks is cut", () => {
  const piled = `Z${"\u0336\u0321".repeat(200)}algo`;
  expect(safeText(piled)).toBe(`Z${"\u0336\u0321".repeat(4)}\ufffdalgo`);
  expect([...safeText(`a${"\u0300\u200d".repeat(100)}`)].length).toBeLessThan(12);
});

test("a block keeps its lines", () => {
  expect(safeBlock("one\r\n\ttwo\u001b\nthree")).toBe("one\n    two␛\nthree");
});
