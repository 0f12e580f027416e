import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { keyOf, optionNames, optionOf } from "./options.ts";

const path = fileURLToPath(new URL("../../.env.example", import.meta.url));
const lines = readFileSync(path, "utf8").split("\n");

/** Key and value of each line, those of examples with the `#` in front. */
const settings = lines.flatMap((line) => {
  const [, mark = "", key = "", value = ""] = /^(# )?(SOTTO_\w+)=(.*)$/.exec(line) ?? [];
  return key === "" ? [] : [{ isExample: mark !== "", key, value }];
});

test("the example names every option once, in the order of the help", () => {
  expect(settings.map(({ key }) => key)).toEqual(optionNames.map(keyOf));
});

test.each(optionNames)("the example's %s is its default, or one that would do", (name) => {
  const { otherwise, shape } = optionOf(name);
  const { isExample, value } = settings.find(({ key }) => key === keyOf(name)) ?? {};
  if (typeof otherwise === "string")
    expect({ isExample, value }).toEqual({ isExample: false, value: otherwise });
  else expect({ isExample, fits: shape.safeParse(value).success }).toEqual({ isExample: true, fits: true });
});

test("as a file, the example changes nothing", () => {
  const environment = { CHAT_HOME: "/home/of/chat" };
  expect(readConfig(["--config", path], environment)).toEqual(readConfig([], environment));
});
