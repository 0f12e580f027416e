import { Registry } from "prom-client";
import { beforeEach, expect, test } from "vitest";
import { Counts } from "./family.ts";
import { labelOf } from "./watch-database.ts";

let registry: Registry;
let counts: Counts;

beforeEach(() => {
  registry = new Registry();
  counts = new Counts(registry);
});

const help = "What it is.";

test("counters, gauges and histograms are written as Prometheus reads them", async () => {
  counts.counters({ name: "sent_total", help }, ["to", "how"]).of("all", 'with "quotes"').add(3);
  const waiting = counts.gauge({ name: "waiting", help });
  const stop = waiting.from(() => 2);
  waiting.from(() => 5);
  const took = counts.histogram({ name: "took_seconds", help }, [0.1, 1]);
  for (const seconds of [0.1, 0.25, 1.5]) took.observe(seconds);
  expect(await registry.metrics()).toBe(
    `# HELP sent_total What it is.
# TYPE sent_total counter
sent_total{to="all",how="with \\"quotes\\""} 3

# HELP waiting What it is.
# TYPE waiting gauge
waiting 7

# HELP took_seconds What it is.
# TYPE took_seconds histogram
took_seconds_bucket{le="0.1"} 1
took_seconds_bucket{le="1"} 2
took_seconds_bucket{le="+Inf"} 3
took_seconds_sum 1.85
took_seconds_count 3
`,
  );
  stop();
  expect(waiting.value).toBe(5);
});

test("a gauge that nobody says anything of is not told, rather than 0", async () => {
  counts.gauge({ name: "bus_connected", help });
  expect(await registry.metrics()).not.toMatch(/^bus_connected/m);
});

test("a label without bounds fills no memory: what is too many is one more", async () => {
  const family = counts.counters({ name: "calls_total", help }, ["method", "code"]);
  for (let count = 0; count < 10_000; count += 1) family.of(`method ${count}`, "OK").add();
  const lines = (await registry.metrics()).split("\n").filter((line) => line.startsWith("calls_total"));
  expect(lines.length).toBeLessThan(1_000);
  expect(family.of("other", "other").count).toBe(10_000 - (lines.length - 1));
});

test("a statement without a name is called by what it does to which table, never by its values", () => {
  expect(labelOf("select name from accounts where account_id = $1 for update")).toBe("select accounts");
  expect(labelOf("update conversations set head = 'x'")).toBe("update conversations");
  expect(labelOf("insert into log (a) values ('alice')")).toBe("insert log");
  expect(labelOf("-- a word about users\ndelete from token_families where true")).toBe(
    "delete token_families",
  );
  expect(labelOf("with one as (select 1) update devices set x = 1")).toBe("select devices");
  expect(labelOf("select name from unnest($1::bytea[]) with ordinality join prekeys using (id)")).toBe(
    "select prekeys",
  );
  expect(labelOf("begin")).toBe("begin");
  expect(labelOf("listen 'alice'")).toBe("other");
});
