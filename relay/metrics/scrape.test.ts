import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { encodeEphemeralHeader } from "../../keys/ephemeral-header.ts";
import { conversationId, randomBytes } from "../../keys/index.ts";
import { reasonOf } from "../../test/support/member.ts";
import { envelopeBy, openDirect, RawStream, rosterOf, wrapsBy } from "../../test/support/raw-stream.ts";
import { joinAsDevice, startWatchedRelay, type WatchedRelay } from "../../test/support/watched-relay.ts";

type Device = Awaited<ReturnType<typeof joinAsDevice>>;

const ALICE = "alice.the.first";
const BOB = "bob.whom.nobody.knows";
const ROWS = 20;

let relay: WatchedRelay;
let alice: Device;
let bob: Device;
let id: Uint8Array;
let scrape: string;
const messageIds: Uint8Array[] = [];

/** Everything that a relay does every day. */
beforeAll(async () => {
  relay = await startWatchedRelay();
  alice = await joinAsDevice(relay.url, ALICE);
  bob = await joinAsDevice(relay.url, BOB);
  const { conversation, roster } = await openDirect(alice, { accountId: bob.chain.accountId });
  id = conversation.conversationId;
  const [a, b] = [await RawStream.open(alice, { live: true }), await RawStream.open(bob, { live: true })];
  for (let count = 0; count < ROWS; count += 1) {
    const messageId = randomBytes(16);
    messageIds.push(messageId);
    const answer = await a.submit(envelopeBy(alice, roster, { messageId }), wrapsBy(alice, roster));
    expect(answer).toBe(BigInt(count + 1));
  }
  await b.until(() => b.deliveries.length === ROWS - 1);
  expect(await a.submit(randomBytes(300), wrapsBy(alice, roster))).toBe("malformed");
  b.acknowledge(id, BigInt(ROWS));
  expect((await b.pull(id, 0n)).rows).toHaveLength(ROWS);
  const header = encodeEphemeralHeader({
    conversation: conversationId(id),
    sender: alice.chain.accountId,
    senderDevice: alice.device.deviceId,
    nonce: randomBytes(24),
  });
  a.send({ case: "signal", value: { frame: Buffer.concat([header, randomBytes(400 - header.length)]) } });
  await b.until(() => b.frames.some(({ signals }) => signals.length > 0));
  expect(await reasonOf(rosterOf(alice, randomBytes(32)))).toBe("unknown_conversation");
  await vi.waitFor(async () => {
    scrape = (await relay.get("/metrics")).text;
    expect(value("acknowledgements_total")).toBe(1);
  }, 5_000);
  a.call.cancel();
  await b.finish();
});

afterAll(async () => {
  alice.client.close();
  bob.client.close();
  await relay.stop();
});

function value(name: string): number | undefined {
  const line = scrape.split("\n").find((one) => one.startsWith(`sotto_relay_${name} `));
  return line === undefined ? undefined : Number(line.split(" ").at(-1));
}

test("what was done is counted", () => {
  expect(value("ready")).toBe(1);
  expect(value("submits_accepted_total")).toBe(ROWS);
  expect(value("rows_stored_total")).toBe(ROWS);
  expect(value("stored_bytes_total")).toBeGreaterThan(ROWS * 400);
  expect(value('submits_refused_total{reason="malformed"}')).toBe(1);
  expect(value('submits_refused_total{reason="stale_roster"}')).toBe(0);
  expect(value("submit_seconds_count")).toBe(ROWS);
  expect(value('batch_rows_bucket{le="1"}')).toBe(ROWS);
  expect(value("store_seconds_count")).toBe(ROWS);
  // Of the first row of a log the reader is told the head.
  expect(value("deliveries_pushed_total")).toBeGreaterThanOrEqual(ROWS - 1);
  expect(value("heads_owed_total")).toBeGreaterThanOrEqual(1);
  expect(value("deliveries_pulled_total")).toBe(ROWS);
  expect(value("pull_seconds_count")).toBe(1);
  expect(value("pushes_left_out_total")).toBe(0);
  expect(value("acknowledgement_seconds_count")).toBe(1);
  expect(value("signals_total")).toBe(1);
  expect([value("streams_open"), value("devices_live"), value("slow_readers")]).toEqual([2, 2, 0]);
  expect([value("writer_queue_rows"), value("writer_queue_bytes"), value("waiting_bytes")]).toEqual([
    0, 0, 0,
  ]);
  expect(value('calls_open{method="Connect"}')).toBe(2);
  expect(value('calls_total{method="OpenDirect",code="OK"}')).toBe(1);
  expect(value('calls_total{method="GetRoster",code="NOT_FOUND"}')).toBe(1);
  expect(value('calls_refused_total{reason="unknown_conversation"}')).toBe(1);
  expect(value('call_seconds_count{method="OpenDirect"}')).toBe(1);
  expect(value('statement_seconds_count{statement="append-rows"}')).toBe(ROWS);
  expect(value('statement_seconds_count{statement="upsert-cursors"}')).toBe(1);
  expect(value('statement_errors_total{kind="other"}')).toBe(0);
  expect(value("pool_connections_max")).toBeGreaterThan(value("pool_connections_in_use") ?? 99);
  expect(value("upkeep_success_timestamp_seconds")).toBeCloseTo(Date.now() / 1_000, -2);
  expect(value("mark_timestamp_seconds")).toBeCloseTo(Date.now() / 1_000, -2);
  expect(value("incidents_total")).toBe(0);
  expect(scrape).toMatch(/\nsotto_relay_build_info\{version="[^"]+",node="v\d+[.\d]+"\} 1\n/);
  expect(scrape).toMatch(/\nnodejs_eventloop_lag_p99_seconds [\d.e-]+\n/);
});

test("nothing of it names a person, a device, a conversation, a message or an address", () => {
  const secrets = [
    alice.chain.accountId,
    bob.chain.accountId,
    alice.device.deviceId,
    bob.device.deviceId,
    id,
    ...messageIds,
  ];
  const spelled = secrets.flatMap((bytes) =>
    (["hex", "base64", "base64url", "latin1"] as const).map((form) => Buffer.from(bytes).toString(form)),
  );
  for (const text of [...spelled, ALICE, BOB, "alice", "bob", "127.0.0.1", "localhost"]) {
    expect(scrape).not.toContain(text);
  }
  // Nor might anything else: each label of ours is a word or two that stand in the program, or a bound.
  const ours = scrape.split("\n").filter((line) => line.startsWith("sotto_relay_"));
  const labels = ours.flatMap((line) =>
    [...line.matchAll(/[{,](\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = "", word = ""]) => ({ name, word })),
  );
  expect(labels.length).toBeGreaterThan(500);
  for (const { name, word } of labels) {
    if (name === "version" || name === "node") continue;
    expect(word).toMatch(/^(?:[a-zA-Z][a-zA-Z_ -]{0,48}|[\d.]+|\+Inf)$/);
  }
});

test("a relay with TLS tells when its certificate ends", async () => {
  expect(scrape).not.toMatch(/^sotto_relay_certificate_expiry/m);
  const other = await startWatchedRelay("self-signed");
  // The one that it makes itself has no end: the last second of the year 9999.
  expect((await other.get("/metrics")).text).toMatch(
    /^sotto_relay_certificate_expiry_timestamp_seconds 253402300799$/m,
  );
  await other.stop();
});

test("a relay has some hundred series, however much it does", () => {
  const series = scrape.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  expect(series.length).toBeLessThan(2_500);
});

test.each(["deploy/grafana/sotto-relay.json", "deploy/prometheus/alerts.yaml"])(
  "%s asks for nothing that is not told",
  async (path) => {
    const text = await readFile(new URL(`../../${path}`, import.meta.url), "utf8");
    const kinds = new Map(
      [...scrape.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = "", kind = ""]) => [name, kind]),
    );
    const asked = new Set(
      [...expressionsIn(path, text)].flatMap(
        (one) => one.match(/\b(?:sotto_relay|nodejs|process)_\w+/g) ?? [],
      ),
    );
    expect(asked.size).toBeGreaterThan(15);
    for (const name of asked) {
      const family = name.replace(/_(?:bucket|sum|count)$/, "");
      const isHistogram = kinds.get(family) === "histogram";
      expect(isHistogram ? family !== name : kinds.has(name), `${name} in ${path}`).toBe(true);
    }
  },
);

test("the runbook says what to do about each alert, and about no other", async () => {
  const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");
  const rules = await read("deploy/prometheus/alerts.yaml");
  const runbook = await read("docs/operations.md");
  const names = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name).sort();
  expect(names(runbook, /^\| `(SottoRelay\w+)` \|/gm)).toEqual(names(rules, /- alert: (\w+)$/gm));
});

/** Not what is said about them. */
function expressionsIn(path: string, text: string): string[] {
  if (!path.endsWith(".json")) return text.match(/expr:(?: \|\n(?: {10}.*\n)+| .*\n)/g) ?? [];
  const found: string[] = [];
  JSON.parse(text, (key, inside) => {
    if ((key === "expr" || key === "definition") && typeof inside === "string") found.push(inside);
    return inside;
  });
  return found;
}
