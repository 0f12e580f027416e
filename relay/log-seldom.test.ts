import { expect, test, vi } from "vitest";
import { keptLog } from "../test/support/log.ts";
import { SeldomLog } from "./log-seldom.ts";

test("what happens a thousand times is one line, and the next says how often it did meanwhile", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  try {
    const { log, lines } = keptLog();
    const seldom = new SeldomLog(log);
    const describe = vi.fn(() => ({ code: "57P01" }));
    for (let count = 0; count < 1_000; count += 1) seldom.warn(describe, "the database is away");
    expect(describe).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1_000);
    seldom.warn(describe, "the database is away");
    const said = lines()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(said).toMatchObject([
      { level: 40, code: "57P01", times: 1, msg: "the database is away" },
      { level: 40, code: "57P01", times: 1_000, msg: "the database is away" },
    ]);
  } finally {
    vi.useRealTimers();
  }
});
