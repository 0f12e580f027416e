import type { Database } from "./db/pool.ts";
import type { Doors } from "./doors.ts";
import type { Readiness } from "./health/readiness.ts";
import type { Rates } from "./limits.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { Secrets } from "./secrets.ts";

/** What the services are made of. */
export interface Parts {
  readonly database: Database;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: Logger;
  readonly secrets: Secrets;
  readonly rates: Rates;
  /** How long messages are kept. */
  readonly retentionMs: number;
  readonly doors: Doors;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
}
