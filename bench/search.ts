// Full-text search over a profile of a million messages, beside the plain FTS5 that it is made of and a random row read
// by its key, in one run: `npm run bench:search [MESSAGES]`. Exits with 1 when words or prefixes are over their limit.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addConversation } from "../client/store/conversations.ts";
import { openDatabase, transact } from "../client/store/database.ts";
import { addMessage, readMessage } from "../client/store/messages.ts";
import { findTexts, type TextSearch } from "../client/store/search.ts";
import { accountId, deviceId, messageId } from "../keys/index.ts";
import { anyWord, below, random, VOCABULARY, wordAt } from "./words.ts";

const MESSAGES = Number(process.argv[2] ?? 1_000_000);
const WORDS_EACH = 12;
const CONVERSATIONS = 50;
/** As many messages come in one transaction when a device catches up. */
const BATCH = 200;
const WORD_LIMIT_MS = 50;
const PREFIX_LIMIT_MS = 150;

const folder = mkdtempSync(join(tmpdir(), "sotto-bench-search-"));
const db = openDatabase(join(folder, "profile.db"), new Uint8Array(randomBytes(32)), { create: true });
try {
  // What a power cut would leave is not measured here.
  db.pragma("synchronous = off");
  process.exitCode = run();
} finally {
  db.close();
  rmSync(folder, { recursive: true, force: true });
}

function run(): number {
  const conversations = Array.from({ length: CONVERSATIONS }, (_, at) =>
    addConversation(db, { kind: "dm", peerName: `person${at}` }),
  );
  const start = performance.now();
  for (let done = 0; done < MESSAGES; done += BATCH) {
    transact(db, () => {
      for (let at = done; at < Math.min(done + BATCH, MESSAGES); at += 1) fill(conversations, at);
    });
  }
  const filled = (performance.now() - start) / 1_000;
  console.log(`${MESSAGES} messages of ${WORDS_EACH} words in ${filled.toFixed(0)} s`);
  console.log(`profile   ${perMessage("")} bytes a message`);
  console.log(`its index ${perMessage("message_search")} bytes a message\n`);
  return measure(conversations);
}

function fill(conversations: readonly number[], at: number): void {
  const conversation = conversations[below(CONVERSATIONS * random() ** 2)] ?? 1;
  const sender = new Uint8Array(32).fill(2 * conversation + below(2));
  addMessage(db, {
    conversation,
    messageId: messageId(new Uint8Array(16).map(() => below(256))),
    accountId: accountId(sender),
    deviceId: deviceId(sender.subarray(0, 16)),
    kind: "text",
    state: "received",
    unread: false,
    sequence: at + 1,
    text: Array.from({ length: WORDS_EACH }, anyWord).join(" "),
    sentAt: sentAt(at),
    receivedAt: sentAt(at) + 500,
  });
}

function sentAt(at: number): number {
  return 1_700_000_000_000 + at * 60_000;
}

function perMessage(table: string): string {
  const size = db
    .prepare<[string], { bytes: number }>("select sum(pgsize) as bytes from dbstat where name like ? || '%'")
    .get(table);
  return ((size?.bytes ?? 0) / MESSAGES).toFixed(0);
}

interface Subject {
  readonly name: string;
  readonly limit?: number;
  readonly runs: readonly (() => unknown)[];
}

function measure(conversations: readonly number[]): number {
  const rare = conversations[CONVERSATIONS - 1] ?? 1;
  // From every third of the scale of ranks as many: people search for rare words as well as for common ones.
  const ranks = Array.from({ length: 60 }, (_, at) => Math.floor(VOCABULARY ** (at / 60)) - 1 + (at % 3));
  const words = ranks.map(wordAt);
  const prefixes = [1, 2, 3, 4, 5].flatMap((length) =>
    words.filter((word) => word.length > length).map((word) => word.slice(0, length)),
  );
  const search = (text: string, more: Partial<TextSearch> & { isPrefix?: boolean } = {}) => {
    const { isPrefix = false, ...narrow } = more;
    const terms = [{ text, isPrefix }];
    return () => findTexts(db, { terms, limit: 20, ...narrow }, { open: "[", close: "]" });
  };
  const plain = db.prepare("select rowid from message_search where message_search match ?");
  const plainRuns = (given: readonly string[], star: string) =>
    given.map((text) => () => plain.all(`"${text}"${star}`).length);

  const floor: Subject = {
    name: "a random message by its key (floor)",
    runs: Array.from({ length: 2_000 }, () => 1 + below(MESSAGES)).map((at) => () => readMessage(db, at)),
  };
  const subjects: readonly Subject[] = [
    floor,
    { name: "plain FTS5, all hits: word", runs: plainRuns(words, "") },
    { name: "plain FTS5, all hits: prefix", runs: plainRuns(prefixes, "*") },
    { name: "word", limit: WORD_LIMIT_MS, runs: words.map((word) => search(word)) },
    {
      name: "prefix of 1 to 5 letters",
      limit: PREFIX_LIMIT_MS,
      runs: prefixes.map((prefix) => search(prefix, { isPrefix: true })),
    },
    { name: "phrase of two words", runs: words.map((word, at) => search(`${wordAt(at)} ${word}`)) },
    { name: "word in a quiet conversation", runs: words.map((word) => search(word, { conversation: rare })) },
    {
      name: "word of one sender",
      runs: words.map((word) => search(word, { from: accountId(new Uint8Array(32).fill(2 * rare)) })),
    },
    {
      name: "word before the last tenth of the time",
      runs: words.map((word) => search(word, { before: sentAt(0.9 * MESSAGES) })),
    },
    {
      name: "word in the oldest tenth of the time",
      runs: words.map((word) => search(word, { before: sentAt(0.1 * MESSAGES) })),
    },
  ];

  const row = (cells: readonly string[]): string =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(40) : cell.padStart(12))).join("");
  console.log(row(["", "queries", "p50 ms", "p95 ms", "p95 × floor", "limit ms"]));
  let floorMs = Number.NaN;
  let isOver = false;
  for (const { name, runs, limit } of subjects) {
    const times = runs.map((each) => {
      const start = performance.now();
      each();
      return performance.now() - start;
    });
    const [middle, high] = [quantile(times, 0.5), quantile(times, 0.95)];
    if (name === floor.name) floorMs = middle;
    if (limit !== undefined && high > limit) isOver = true;
    const ratio = Math.round(high / floorMs);
    const cells = [`${runs.length}`, middle.toFixed(3), high.toFixed(3), `${ratio}`, `${limit ?? ""}`];
    console.log(row([name, ...cells]).trimEnd());
  }
  return isOver ? 1 : 0;
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
