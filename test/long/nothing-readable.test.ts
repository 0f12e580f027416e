// Two people register, log in, write, found a group, add a machine and recover an account; then all that they left on disk and
// all that the relay saw, stored and logged is searched for what nobody else may know.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import { expect, test } from "vitest";
import { Canaries, type Canary, wordsInSequence } from "../support/canaries.ts";
import { newcomer, type Person, registered } from "../support/chat.ts";
import { recordTo } from "../support/recorder.ts";
import { spawnRelay } from "../support/relay.ts";
import { secretsOf } from "../support/secrets-of.ts";

const TEXT = "canary-7f3a91-the-quiet-word";
const EDITED = "canary-51c04e-the-second-thought";
const TITLE = "quiet-title-93b1";
const NEW_TITLE = "hidden-title-d20c";
const WRONG = "not the password 4471";
const CHOSEN = "another password 9036";

/** Every file below a folder. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** What is found in the files below a folder, with the file. */
async function foundBelow(folder: string, search: (bytes: Buffer) => string[]): Promise<string[]> {
  const found: string[] = [];
  for (const file of await filesBelow(folder)) {
    const bytes = await readFile(file).catch(() => Buffer.alloc(0));
    found.push(...search(bytes).map((name) => `${name} in ${file}`));
  }
  return found;
}

/** Each value of each table, as bytes: PostgreSQL packs what is long. */
async function dump(relayFolder: string): Promise<Buffer> {
  const host = join(relayFolder, "postgres");
  const password = (await readFile(join(host, "password"), "utf8")).trim();
  const client = new Client({ host, user: "sotto", password, database: "postgres" });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables
        where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    const values: Buffer[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await client.query<Record<string, unknown>>(`select * from ${name}`);
      for (const value of rows.flatMap((row) => Object.values(row)).flat()) {
        values.push(Buffer.isBuffer(value) ? value : Buffer.from(String(value)), Buffer.from("\n"));
      }
    }
    return Buffer.concat(values);
  } finally {
    await client.end();
  }
}

/** As an existing account's owner does at another machine. */
async function atAnotherMachine(owner: Person, relay: string, ...options: string[]): Promise<Person> {
  const machine = await newcomer("machine", relay);
  const words = ["--recovery-file", owner.recoveryFile];
  await machine.ok(["login", owner.name, "--password-file", owner.passwordFile, ...words, ...options]);
  return machine;
}

test("no text, title, password, recovery word or key is readable on disk, on the way, in the relay's tables or its logs", async () => {
  const relay = await spawnRelay();
  const wire = await recordTo(relay.url);
  const alice = await registered("alice-wonder", wire.url);
  const bob = await registered("bob-builder", wire.url);
  const firstPassword = (await readFile(alice.passwordFile, "utf8")).trim();

  const wrongFile = join(alice.home, "wrong");
  await writeFile(wrongFile, `${WRONG}\n`);
  expect(await alice.chat(["login", alice.name, "--password-file", wrongFile])).toMatchObject({ code: 77 });
  await alice.ok(["login", alice.name, "--password-file", alice.passwordFile]);

  // A tail keeps the write-ahead log open and unmerged while we look.
  const tail = bob.start(["tail", "--json"]);
  await alice.ok(["send", bob.name, TEXT]);
  await bob.ok(["send", alice.name, `${TEXT} back`]);
  await tail.until((lines) => lines.some((line) => line.includes(TEXT)));
  const [sent] = await alice.json(["read", bob.name, "-n", "1"]);
  expect(sent).toMatchObject({ text: `${TEXT} back` });

  await alice.ok(["group", "create", TITLE, bob.name]);
  await bob.ok(["read", "--json"]);
  await bob.ok(["group", "accept", TITLE]);
  await alice.ok(["group", "rename", TITLE, NEW_TITLE]);
  const [toGroup] = await alice.json(["send", `#${NEW_TITLE}`, `${TEXT} to all`]);
  await alice.ok(["edit", String(toGroup?.["id"]), EDITED]);

  const laptop = await atAnotherMachine(alice, wire.url);
  await bob.ok(["send", alice.name, `${TEXT} to both machines`]);
  expect(await laptop.ok(["read", bob.name])).toContain(`${TEXT} to both machines`);
  await laptop.ok(["send", bob.name, `${TEXT} from the laptop`]);

  await writeFile(alice.passwordFile, `${CHOSEN}\n`);
  const recovered = await atAnotherMachine(alice, wire.url, "--reset-password");
  await recovered.ok(["send", bob.name, `${TEXT} from who lost all`]);
  await tail.until((lines) => lines.some((line) => line.includes("from who lost all")));

  const secrets = [
    await secretsOf(alice),
    await secretsOf(bob),
    await secretsOf(laptop, alice.recoveryFile),
    await secretsOf(recovered, alice.recoveryFile),
  ];
  const said: Canary[] = [
    TEXT,
    EDITED,
    TITLE,
    NEW_TITLE,
    firstPassword,
    WRONG,
    CHOSEN,
    `correct horse ${bob.name}`,
  ].map((value) => ({ name: value, value }));
  const keys = secrets.flatMap((each) => each.keys);
  expect(keys.length).toBeGreaterThan(4 * 200);
  const everywhere = new Canaries([...said, ...keys]);
  const atRest = new Canaries([...said, ...keys, ...secrets.flatMap((each) => each.tokens)]);
  const atRelay = new Canaries(secrets.map(({ profileKey }) => profileKey));
  const allWords = [secrets[0], secrets[1]].map((each) => each?.words ?? []);
  expect(allWords.map(({ length }) => length)).toEqual([24, 24]);
  const wordsIn = (bytes: Buffer) => allWords.flatMap((words) => wordsInSequence(bytes, words) ?? []);

  const people = [alice, bob, laptop, recovered];
  for (const { home } of people) {
    const search = (bytes: Buffer) => [...atRest.in(bytes), ...wordsIn(bytes)];
    expect(await foundBelow(join(home, "chat"), search)).toEqual([]);
  }

  const stored = (bytes: Buffer) => [...atRest.in(bytes), ...atRelay.in(bytes), ...wordsIn(bytes)];
  const tables = await dump(relay.folder);
  const log = Buffer.from(relay.log());
  expect(await foundBelow(relay.folder, stored)).toEqual([]);
  expect(stored(tables)).toEqual([]);
  expect(stored(log)).toEqual([]);
  expect(relay.log()).not.toMatch(/alice-wonder|bob-builder/);

  const seen = (bytes: Buffer) => [...everywhere.in(bytes), ...atRelay.in(bytes), ...wordsIn(bytes)];
  const meant = await wire.meant();
  for (const bytes of [wire.said(), wire.told(), meant]) expect(seen(bytes)).toEqual([]);

  // Can the search find anything at all? The names are known to the relay, and tokens were on the way, packed in headers.
  const names = new Canaries([{ name: "alice", value: "alice-wonder" }]);
  const tokens = new Canaries(secrets.flatMap((each) => each.tokens));
  expect((await foundBelow(relay.folder, (bytes) => names.in(bytes))).length).toBeGreaterThan(0);
  for (const bytes of [tables, wire.said(), wire.told(), meant]) expect(names.in(bytes)).toEqual(["alice"]);
  expect(tokens.in(meant).length).toBeGreaterThan(3);
  const words = allWords[0] ?? [];
  expect(wordsIn(await readFile(alice.recoveryFile))).toEqual([words.slice(0, 3).join(" ")]);

  await tail.kill();
  for (const each of people) await each.leave();
  wire.stop();
  await relay.stop();
}, 120_000);
