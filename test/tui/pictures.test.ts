// Pictures of a terminal, as `npm run pictures` makes them.
import { afterEach, expect, test } from "vitest";
import { dark } from "../../scripts/pictures/palette.ts";
import { svgOf } from "../../scripts/pictures/svg.ts";
import { VirtualTerminal } from "../support/virtual-terminal.ts";

let terminal: VirtualTerminal | undefined;

afterEach(() => terminal?.close());

async function pictureOf(output: string): Promise<string> {
  terminal = new VirtualTerminal(["/usr/bin/env", "printf", "%b", output], { columns: 20, rows: 2 });
  await terminal.exited;
  await terminal.until(() => terminal?.screen() !== "\n", "it is drawn");
  return svgOf({ title: "a <b>", cells: terminal.cells(), cursor: undefined, palette: dark });
}

test("each letter stands in its cell, in the colour and weight of the cell", async () => {
  const picture = await pictureOf("ok \\033[1;31mno\\033[0m \\033[2mx\\033[0m");
  expect(picture).toContain(`<text x="16 25" y="31" fill="${dark.text}">ok</text>`);
  expect(picture).toContain(`<text x="43 52" y="31" fill="${dark.colors[1]}" font-weight="bold">no</text>`);
  expect(picture).toContain(`<text x="70" y="31" fill="${dark.text}" fill-opacity=".58">x</text>`);
});

test("what is wide takes two cells", async () => {
  const picture = await pictureOf("👍1");
  expect(picture).toMatch(/<text x="16"[^>]*>👍<\/text>/);
  expect(picture).toMatch(/<text x="34"[^>]*>1<\/text>/);
});

test("lines and blocks are drawn, neighbours as one", async () => {
  const picture = await pictureOf("──█▀▀");
  expect(picture).toContain('<rect x="16" y="26" width="18" height="1"');
  expect(picture).toContain('<rect x="34" y="16" width="9" height="20"');
  expect(picture).toContain('<rect x="43" y="16" width="18" height="10"');
  expect(picture).not.toContain("<text");
});

test("what is inverse changes places with what it is on, and what is underlined has a line", async () => {
  const picture = await pictureOf("\\033[7mi\\033[0m\\033[4mu\\033[0m");
  expect(picture).toContain(`<rect x="16" y="16" width="9" height="20" fill="${dark.text}"/>`);
  expect(picture).toMatch(new RegExp(`<text x="16"[^>]*fill="${dark.background}">i<`));
  expect(picture).toContain('<rect x="25" y="33" width="9" height="1"');
});

test("no text is taken for markup", async () => {
  const picture = await pictureOf("<&>");
  expect(picture).toContain("<title>a &#60;b&#62;</title>");
  expect(picture).toContain("&#60;&#38;&#62;</text>");
});
