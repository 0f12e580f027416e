import pg from "pg";
import { expect, test } from "vitest";
import { Asked } from "./asked.ts";

/** Each statement is answered when the test says so. */
function asked(options: { most: number; atOnce: number }) {
  const statements: { questions: readonly string[]; answer: () => void; fail: (error: Error) => void }[] = [];
  const questions = new Asked<string, string>({
    ...options,
    answer: (all) => {
      const { promise, resolve, reject } = Promise.withResolvers<string[]>();
      const answer = () => resolve(all.map((question) => `${question}!`));
      statements.push({ questions: all, answer, fail: reject });
      return promise;
    },
  });
  return { questions, statements, sent: () => statements.map((each) => each.questions) };
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

test("who asks alone is asked for at once", async () => {
  const { questions, statements, sent } = asked({ most: 3, atOnce: 1 });
  const answer = questions.ask("one");
  expect(sent()).toEqual([["one"]]);
  statements[0]?.answer();
  expect(await answer).toBe("one!");
  const next = questions.ask("two");
  await soon();
  statements[1]?.answer();
  expect(await next).toBe("two!");
});

test("what comes meanwhile goes together, in order, and no more of it than one statement takes", async () => {
  const { questions, statements, sent } = asked({ most: 3, atOnce: 2 });
  const answers = ["a", "b", "c", "d", "e", "f"].map((question) => questions.ask(question));
  expect(sent()).toEqual([["a"], ["b"]]);
  statements[1]?.answer();
  await soon();
  expect(sent().slice(2)).toEqual([["c", "d", "e"]]);
  statements[0]?.answer();
  await soon();
  expect(sent().slice(3)).toEqual([["f"]]);
  for (const { answer } of statements) answer();
  expect(await Promise.all(answers)).toEqual(["a!", "b!", "c!", "d!", "e!", "f!"]);
});

test("nobody asks for those who went away while they waited", async () => {
  const { questions, statements, sent } = asked({ most: 2, atOnce: 1 });
  let isGone = false;
  const first = questions.ask("first");
  const gone = ["gone", "gone too", "gone as well"].map((each) => questions.ask(each, () => isGone));
  const outcomes = Promise.allSettled(gone);
  const last = questions.ask("last", () => false);
  isGone = true;
  statements[0]?.answer();
  await first;
  await soon();
  expect(sent().slice(1)).toEqual([["last"]]);
  expect((await outcomes).map(({ status }) => status)).toEqual(gone.map(() => "rejected"));
  statements[1]?.answer();
  expect(await last).toBe("last!");
});

test("a database that is away is told to all who wait, and asked again by the next", async () => {
  const { questions, statements, sent } = asked({ most: 1, atOnce: 1 });
  const all = ["a", "b", "c"].map((question) => questions.ask(question));
  const outcomes = Promise.allSettled(all);
  const away = new Error("Connection terminated unexpectedly");
  statements[0]?.fail(away);
  expect(await outcomes).toEqual(all.map(() => ({ status: "rejected", reason: away })));
  expect(sent()).toEqual([["a"]]);
  const answer = questions.ask("d");
  statements[1]?.answer();
  expect(await answer).toBe("d!");
});

test("any other failure is of those who were asked for", async () => {
  const { questions, statements } = asked({ most: 1, atOnce: 1 });
  const one = questions.ask("a");
  const other = questions.ask("b");
  const broken = new pg.DatabaseError("no such column", 0, "error");
  statements[0]?.fail(broken);
  await expect(one).rejects.toBe(broken);
  await soon();
  statements[1]?.answer();
  expect(await other).toBe("b!");
});
