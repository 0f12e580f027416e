import { expect, test } from "vitest";
import { keptOutput } from "../../test/support/output.ts";
import type { ChatError } from "../core/chat-error.ts";
import type { Context } from "./context.ts";
import { type CommonOptions, runProgram } from "./program.ts";

/** Runs the command line up to the moment when a command would begin. */
function parse(...parameters: string[]) {
  return parseAt({ terminal: false }, ...parameters);
}

async function parseAt({ terminal }: { terminal: boolean }, ...parameters: string[]) {
  const { output, kept } = keptOutput();
  const seen: { options?: CommonOptions; relay?: readonly string[]; demo?: readonly string[] } = {};
  const begun = new Error("the command begins");
  const running = runProgram(parameters, {
    version: "1.2.3",
    output,
    relay: async (given) => {
      seen.relay = given;
      return 7;
    },
    demo: async (given) => {
      seen.demo = given;
      return 0;
    },
    tui: terminal ? async () => 5 : undefined,
    context: (options): Context => {
      seen.options = options;
      throw begun;
    },
  });
  const ended = await running.then(
    (status) => ({ status }),
    (error: ChatError) => (error === (begun as unknown) ? { status: "begun" } : { error }),
  );
  return { ...ended, ...seen, kept };
}

test("common options count before and after the command, and the later one wins", async () => {
  expect(await parse("--json", "--profile", "work", "whoami")).toMatchObject({
    status: "begun",
    options: { json: true, profile: "work" },
  });
  expect(await parse("--profile", "work", "list", "--profile", "home", "--no-color")).toMatchObject({
    options: { profile: "home", color: false },
  });
  expect(await parse("--no-color", "list")).toMatchObject({ options: { color: false } });
});

test("wrong usage says what is wrong, and what was probably meant", async () => {
  const said = async (...parameters: string[]) => {
    const { error } = (await parse(...parameters)) as { error: ChatError };
    expect(error.code).toBe("usage");
    return `${error.message} ${error.hint}`;
  };
  expect(await said("sned", "bob", "x")).toMatch(/Unknown command 'sned'. Did you mean send\?/);
  expect(await said("send")).toMatch(/Missing required argument 'TO'./);
  expect(await said("send", "bob", "x", "--jsno")).toMatch(/Unknown option '--jsno'. .*--json/);
  expect(await said("send", "bob", "x", "--wait", "seen")).toMatch(/sent, delivered, read/);
  expect(await said("send", "bob", "x", "--quorum", "most")).toMatch(/whole number/);
  expect(await said("send", "bob", "x", "--timeout", "soon")).toMatch(/30s/);
  expect(await said("whoami", "bob")).toMatch(/Too many arguments/);
  expect(await said("read", "-n", "0")).toMatch(/whole number/);
  expect(await said("read", "--since", "yesterday")).toMatch(/2026-11-20/);
  expect(await said()).toMatch(/chat help/);
});

test("what is not there yet does not exist", async () => {
  for (const command of ["group", "verify", "file"]) {
    expect(await parse(command), command).toMatchObject({ error: { code: "usage" } });
  }
  for (const option of ["--file"]) {
    expect(await parse("send", "bob", "x", option, "y"), option).toMatchObject({ error: { code: "usage" } });
  }
});

test("help and the version are results", async () => {
  const help = await parse("help");
  expect(help).toMatchObject({ status: 0, kept: { err: "" } });
  expect(help.kept.out).toMatch(/Usage: chat.*register.*send.*chat register NAME/s);
  expect((await parse("help", "send")).kept.out).toMatch(/--timeout/);
  expect((await parse("send", "--help")).kept.out).toMatch(/--key/);
  expect((await parse("--version")).kept.out).toBe("1.2.3\n");
});

test("the relay and the demo read their parameters themselves", async () => {
  expect(await parse("relay", "--listen", "127.0.0.1:0", "--help")).toMatchObject({
    status: 7,
    relay: ["--listen", "127.0.0.1:0", "--help"],
  });
  expect(await parse("demo")).toMatchObject({ demo: [] });
});

test("words after -- are text, whatever they look like", async () => {
  expect(await parse("send", "bob", "--", "--json", "-5")).toMatchObject({ status: "begun", options: {} });
});

test("alone, with options or without, it opens the full-screen client where there is a terminal", async () => {
  const begun = { status: "begun" };
  expect(await parseAt({ terminal: true })).toMatchObject({ ...begun, options: {} });
  expect(await parseAt({ terminal: true }, "--profile", "work")).toMatchObject({
    ...begun,
    options: { profile: "work" },
  });
  const { error } = (await parseAt({ terminal: true }, "sned")) as { error: ChatError };
  expect(error.message).toMatch(/Unknown command 'sned'/);
  expect(await parseAt({ terminal: false })).toMatchObject({ error: { code: "usage" } });
});
