import { Command } from "commander";
import { expect, test } from "vitest";
import { keptOutput } from "../../test/support/output.ts";
import { complete } from "./complete.ts";
import { describeProgram } from "./program.ts";

const unused = async () => 0;
const program = describeProgram(
  {
    version: "",
    relay: unused,
    demo: unused,
    tui: undefined,
    output: keptOutput().output,
    context: () => {
      throw new Error("nothing is run");
    },
  },
  () => undefined,
);

const live = {
  people: async () => ["bob", "carol"],
  groups: async () => ["ops"],
  profiles: async () => ["default", "work"],
};

async function words(...line: string[]): Promise<string[]> {
  const { candidates, files } = await complete(program, line, live);
  return [...candidates.map(({ word }) => word), ...(files ? [":files"] : [])];
}

test("commands and subcommands are completed", async () => {
  expect(await words("wh")).toEqual(["whoami"]);
  expect(await words("")).toEqual(expect.arrayContaining(["send", "group", "doctor", "relay"]));
  expect(await words("group", "inv")).toEqual(["invite"]);
});

test("names are those of this profile, of the kind that is wanted", async () => {
  expect(await words("send", "")).toEqual(["bob", "carol", "ops", "me"]);
  expect(await words("send", "c")).toEqual(["carol"]);
  expect(await words("tail", "bob", "o")).toEqual(["ops"]);
  expect(await words("group", "invite", "")).toEqual(["ops"]);
  expect(await words("group", "invite", "ops", "")).toEqual(["bob", "carol"]);
  expect(await words("group", "invite", "ops", "bob", "c")).toEqual(["carol"]);
  expect(await words("send", "bob", "")).toEqual([]);
  expect(await words("register", "")).toEqual([]);
});

test("a name after @ is completed, however the shell takes it apart", async () => {
  expect(await words("send", "@c")).toEqual(["carol"]);
  expect(await words("send", "@", "c")).toEqual(["carol"]);
  expect(await words("send", "@")).toEqual(["bob", "carol", "ops", "me"]);
});

test("options, their values and what they stand before are told apart", async () => {
  expect(await words("send", "--wa")).toEqual(["--wait"]);
  expect(await words("send", "--prof")).toEqual(["--profile"]);
  expect(await words("send", "--wait", "de")).toEqual(["delivered"]);
  expect(await words("send", "--wait", "=", "de")).toEqual(["delivered"]);
  expect(await words("send", "--wait", "delivered", "b")).toEqual(["bob"]);
  expect(await words("--profile", "w")).toEqual(["work"]);
  expect(await words("--json", "send", "b")).toEqual(["bob"]);
  expect(await words("register", "alice", "--recovery-file", "")).toEqual([":files"]);
  expect(await words("completion", "")).toEqual(["bash", "zsh", "fish"]);
});

test("what the relay takes is completed as it says, and nothing of the client's", async () => {
  const relay = new Command("chat relay")
    .option("--directory <open|exact|off>", "who is found")
    .option("--config <file>", "a file")
    .option("--behind-proxy", "a switch");
  relay.command("doctor").description("look");
  const asked: string[][] = [];
  const foreign = async (...line: string[]) => {
    const { candidates, files } = await complete(program, line, live, async (name, given) => {
      asked.push([name, ...given]);
      return name === "relay" ? { command: relay, words: given } : undefined;
    });
    return [...candidates.map(({ word }) => word), ...(files ? [":files"] : [])];
  };
  expect(await foreign("relay", "")).toEqual(["doctor"]);
  expect(await foreign("relay", "--")).toEqual(["--directory", "--config", "--behind-proxy"]);
  expect(await foreign("relay", "--directory", "e")).toEqual(["exact"]);
  expect(await foreign("relay", "--config", "")).toEqual([":files"]);
  expect(asked.at(-1)).toEqual(["relay", "--config", ""]);
  expect(await foreign("demo", "--")).toEqual([]);
  expect(await words("relay", "--")).toEqual([]);
  expect(await foreign("rel")).toEqual(["relay"]);
});
