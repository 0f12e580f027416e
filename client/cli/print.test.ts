import { expect, test } from "vitest";
import { keptOutput } from "../../test/support/output.ts";
import { ChatError } from "../core/chat-error.ts";
import { reportError } from "./report-error.ts";

const trouble = new ChatError("rate_limited", "Too many requests.", { hint: "Wait.", retryAfter: 1_200 });

test("results go to standard output, all else to standard error", async () => {
  const { output, kept } = keptOutput();
  output.line("result");
  output.note("by the way");
  reportError(output, trouble, false);
  await output.flush();
  expect(kept.out).toBe("result\n");
  expect(kept.err).toBe(
    "by the way\nchat: Too many requests.\n      Wait.\n      It may be tried again in 2 s.\n",
  );
});

test("an error for a script is one compact object with every field", async () => {
  const { output, kept } = keptOutput({ json: true });
  output.note("not for scripts");
  reportError(output, trouble, false);
  reportError(output, new ChatError("internal", "It\u001b[2J broke."), false);
  await output.flush();
  expect(kept.err.split("\n")).toEqual([
    '{"type":"error","code":"rate_limited","message":"Too many requests.","hint":"Wait.","retry_after":2}',
    '{"type":"error","code":"internal","message":"It\\u001b[2J broke.","hint":null,"retry_after":null}',
    "",
  ]);
});

test("a stack trace is shown only when asked for, and an escape sequence never", () => {
  const { output, kept } = keptOutput();
  const error = new ChatError("internal", "It broke.", { cause: new Error("\u001b]0;boo\u0007") });
  reportError(output, error, false);
  expect(kept.err).not.toContain("at ");
  reportError(output, error, true);
  expect(kept.err).toMatch(/\n\s+at /);
  expect(kept.err).toContain("␛]0;boo␇");
});

test("quiet leaves out notes, not warnings", () => {
  const { output, kept } = keptOutput({ quiet: true });
  output.note("by the way");
  output.warn("careful");
  expect(kept.err).toBe("careful\n");
});

test("colours are for terminals, and for those who want them", () => {
  expect(keptOutput({ tty: true }).output.paint("red", "x")).toBe("\u001b[31mx\u001b[39m");
  expect(keptOutput({ tty: true, color: false }).output.paint("red", "x")).toBe("x");
  expect(keptOutput().output.paint("red", "x")).toBe("x");
});

test("a reader that went away ends it quietly; a full disk is an error", async () => {
  const gone = keptOutput();
  gone.out.emit("error", Object.assign(new Error("broken pipe"), { code: "EPIPE" }));
  expect(gone.output.closed.aborted).toBe(true);
  gone.output.line("to nobody");
  await gone.output.flush();
  expect(gone.kept.out).toBe("");

  const full = keptOutput();
  full.out.emit("error", Object.assign(new Error("full"), { code: "ENOSPC" }));
  await expect(full.output.flush()).rejects.toMatchObject({ code: "cannot_write" });
});
