import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { findProgram } from "./debian-programs.ts";

test("a program is found in PATH, first come first served, and only if it can be run", () => {
  const folders = ["plain", "first", "second"].map((name) => mkdtempSync(join(tmpdir(), `sotto-${name}-`)));
  onTestFinished(() => {
    vi.unstubAllEnvs();
    for (const folder of folders) rmSync(folder, { recursive: true });
  });
  for (const folder of folders) writeFileSync(join(folder, "nginx"), "");
  const [, ...executable] = folders;
  for (const folder of executable) chmodSync(join(folder, "nginx"), 0o755);
  vi.stubEnv("PATH", ["", ...folders].join(delimiter));
  expect(findProgram("nginx")).toBe(join(executable[0] ?? "", "nginx"));
});
