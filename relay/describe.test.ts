import { expect, test } from "vitest";
import { flagOf, optionNames } from "./config/options.ts";
import { describeRelay } from "./describe.ts";

const environment = { CHAT_HOME: "/home/of/chat" };

function at(...words: string[]) {
  const { command, words: own } = describeRelay(words, environment);
  return {
    options: command.options.map(({ long }) => long),
    commands: command.commands.map((each) => each.name()),
    own,
  };
}

test("the relay takes its options, and what stands in front of them is told", () => {
  const { options, commands } = at("");
  expect(options).toEqual([...optionNames.map(flagOf), "--config", "--print-config", "--json"]);
  expect(commands).toEqual(["admin", "doctor"]);
  expect(at("--listen", "").commands).toEqual([]);
});

test("the doctor takes what the relay takes, and an operator what he needs", () => {
  expect(at("doctor", "--")).toMatchObject({
    options: [...optionNames.map(flagOf), "--config", "--json"],
    own: ["--"],
  });
  const { options, commands, own } = at("admin", "accounts", "--");
  expect(options).toEqual(["--data", "--database-url", "--config", "--json"]);
  expect(commands).toEqual(expect.arrayContaining(["accounts", "invite", "restored"]));
  expect(own).toEqual(["accounts", "--"]);
});
