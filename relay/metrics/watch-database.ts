import type { QueryConfig } from "pg";
import { type Database, failureKind, type OnStatement } from "../db/pool.ts";
import type { Readiness } from "../health/readiness.ts";
import type { Histogram } from "./family.ts";
import type { Metrics } from "./metrics.ts";

/** All of our statements are literals; more texts than this are not. */
const MAX_TEXTS = 1_000;

/** Those by which senders wait: a database in which they fail is of no use. */
const SUBMITS: ReadonlySet<string> = new Set(["append-rows"]);

/** Times each statement, counts its failures, and lets readiness know what became of what was to be stored. */
export function observeStatements(metrics: Metrics, { storing }: Pick<Readiness, "storing">): OnStatement {
  const byText = new Map<string, Histogram>();
  const histogramOf = (statement: string | QueryConfig): Histogram => {
    const { text, name } = typeof statement === "string" ? { text: statement, name: undefined } : statement;
    const key = name ?? text;
    const known = byText.get(key);
    if (known !== undefined) return known;
    const histogram = metrics.statementSeconds.of(name ?? labelOf(text));
    if (byText.size < MAX_TEXTS) byText.set(key, histogram);
    return histogram;
  };
  return (statement, began, failure) => {
    const isSubmit = typeof statement === "object" && SUBMITS.has(statement.name ?? "");
    if (failure !== undefined) {
      metrics.statementErrors.of(failureKind(failure.error)).add();
      storing.failed(failure.error, isSubmit);
    } else if (isSubmit) {
      storing.succeeded();
    }
    if (statement !== undefined) histogramOf(statement).since(began);
  };
}

/** What a statement without a name does, to which table: `update conversations`. Nothing of its values. */
export function labelOf(text: string): string {
  const words = text.toLowerCase().replaceAll(/--.*$/gm, "").trim();
  const verb = /\b(insert|update|delete|select|begin|commit|rollback)\b/.exec(
    words.replace(/^with\b/, ""),
  )?.[1];
  // What has parentheses behind it, as `unnest`, is no table.
  const table = /\b(?:insert into\s+([a-z_]{1,40})\b|(?:update|from|join)\s+([a-z_]{1,40})\b(?!\s*\())/.exec(
    words,
  );
  return [verb, table?.[1] ?? table?.[2]].filter((word) => word !== undefined).join(" ") || "other";
}

export function watchPool(metrics: Metrics, database: Database): void {
  metrics.poolInUse.from(() => database.connections.open - database.connections.idle);
  metrics.poolOpen.from(() => database.connections.open);
  metrics.poolSize.from(() => database.connections.max);
  metrics.poolWaiting.from(() => database.connections.waiting);
}
