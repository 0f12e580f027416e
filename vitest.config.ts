import { globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { TotalsReporter } from "./scripts/totals-reporter.ts";

const ignored = ["**/node_modules/**", "dist/**"];
const unit = "{bin,bench,keys,relay,client,proto}/**/*.test.ts";
/** Files that replace modules: others must not get these, and they must not get what others have loaded. */
const replacing = globSync(unit).filter((path) => readFileSync(path, "utf8").includes("vi.mock("));

/**
 * Bad days, attackers, whole lives of accounts and groups, the second implementation, packages, and a relay's own life
 * with what operators do: minutes of real processes and databases, for CI and `npm run test:long`.
 */
const long = [
  "test/{long,hostile,faults,independent,package}/**/*.test.ts",
  "relay/{admin,db,doctor,fanout,guard,health,upkeep}/**/*.test.ts",
  "relay/{main,start-relay,messaging/crash}.test.ts",
  "client/core/{groups/upkeep-groups,own-devices/agreement}.test.ts",
];

export default defineConfig({
  test: {
    pool: "forks",
    // Half of the time of many a file is for loading and warming up what others have loaded too.
    isolate: false,
    globalSetup: "test/support/postgres-for-tests.ts",
    // Stories wait for other processes about as long as they compute.
    maxWorkers: availableParallelism() + 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default", new TotalsReporter()],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [unit],
          exclude: [...ignored, ...replacing, ...long],
        },
      },
      {
        extends: true,
        test: {
          name: "unit-alone",
          include: replacing,
          isolate: true,
        },
      },
      {
        extends: true,
        test: {
          name: "stories",
          include: ["test/**/*.test.ts"],
          exclude: [...ignored, ...long],
        },
      },
      {
        extends: true,
        test: {
          name: "long",
          include: long,
          exclude: [...ignored, ...replacing],
        },
      },
    ],
  },
});
