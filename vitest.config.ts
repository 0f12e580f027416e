import { defineConfig } from "vitest/config";
import { TotalsReporter } from "./scripts/totals-reporter.ts";

const ignored = ["**/node_modules/**", "dist/**"];

export default defineConfig({
  test: {
    pool: "forks",
    globalSetup: "test/support/postgres-for-tests.ts",
    maxWorkers: "100%",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default", new TotalsReporter()],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{bin,bench,keys,relay,client,proto}/**/*.test.ts"],
          exclude: ignored,
        },
      },
      {
        extends: true,
        test: {
          name: "stories",
          include: ["test/**/*.test.ts"],
          exclude: ignored,
        },
      },
    ],
  },
});
