import fc from "fast-check";
import { expect, test } from "vitest";
import { accountId, deviceId, messageId, type Role } from "../../../keys/index.ts";
import type { Annotation, Change } from "../../store/annotations.ts";
import { foldAnnotations } from "./fold-annotations.ts";

const account = (n: number) => accountId(new Uint8Array(32).fill(n));
const device = (n: number) => deviceId(new Uint8Array(16).fill(n));
const author = account(1);
const message = { accountId: author, text: "first", mentionsMe: false, isText: true };

let made = 0;
/** Each account has one device, but 1, which has a second. */
function by(who: number, change: Change, version = 1, rest: Partial<Annotation> = {}): Annotation {
  made += 1;
  const id = messageId(new Uint8Array(16).fill(made % 256));
  return {
    accountId: account(who),
    deviceId: device(who),
    messageId: id,
    change,
    version,
    role: undefined,
    mentionsMe: false,
    sentAt: 0,
    ...rest,
  };
}

const emoji = fc.constantFrom("👍", "🎉", "👨‍👩‍👧");
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant("edit" as const), text: fc.constantFrom("a", "b", "c") }),
  fc.record({ kind: fc.constant("reactions" as const), emoji: fc.uniqueArray(emoji) }),
  fc.record({ kind: fc.constant("vote" as const), value: fc.constantFrom("up", "down", "none") }),
  fc.record({ kind: fc.constant("pin" as const), pinned: fc.boolean() }),
  fc.constant<Change>({ kind: "delete" }),
);
const history = fc.uniqueArray(
  fc.record({
    who: fc.integer({ min: 1, max: 4 }),
    device: fc.integer({ min: 1, max: 3 }),
    id: fc.integer({ min: 0, max: 255 }),
    version: fc.constantFrom(1, 2, 3, Number.MAX_SAFE_INTEGER),
    role: fc.constantFrom<Role | undefined>(undefined, "member", "admin", "owner"),
    change,
  }),
  { selector: ({ who, device, id }) => `${who} ${device} ${id}`, maxLength: 12 },
);

test("the order in which annotations come makes no difference", () => {
  fc.assert(
    fc.property(
      history.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([all, shuffled]) => {
        const annotations = (rows: typeof all) =>
          rows.map((row) => ({
            accountId: account(row.who),
            deviceId: deviceId(new Uint8Array([row.who, row.device, ...new Uint8Array(14)])),
            messageId: messageId(new Uint8Array(16).fill(row.id)),
            change: row.change,
            version: row.version,
            role: row.role,
            mentionsMe: false,
            sentAt: 0,
          }));
        expect(foldAnnotations(message, annotations(shuffled))).toEqual(
          foldAnnotations(message, annotations(all)),
        );
      },
    ),
    { numRuns: 1_000 },
  );
});

test("only the author edits, and the highest version counts, however high", () => {
  const edits = [
    by(1, { kind: "edit", text: "third" }, Number.MAX_SAFE_INTEGER),
    by(1, { kind: "edit", text: "second" }, 1),
    by(2, { kind: "edit", text: "forged" }, Number.MAX_SAFE_INTEGER),
  ];
  expect(foldAnnotations(message, edits)).toMatchObject({ text: "third", edited: true });
  expect(foldAnnotations(message, edits.slice(2))).toMatchObject({ text: "first", edited: false });
});

test("of edits with equal versions the higher device's counts", () => {
  const low = by(1, { kind: "edit", text: "low" }, 2, { deviceId: device(1) });
  const high = by(1, { kind: "edit", text: "high" }, 2, { deviceId: device(9) });
  expect(foldAnnotations(message, [high, low]).text).toBe("high");
});

test("a person has one vote, whatever was sent", () => {
  const votes = [
    by(2, { kind: "vote", value: "up" }, 1),
    by(2, { kind: "vote", value: "up" }, 2, { deviceId: device(8) }),
    by(3, { kind: "vote", value: "up" }, 1),
    by(3, { kind: "vote", value: "none" }, 2),
    by(4, { kind: "vote", value: "down" }, 1),
  ];
  expect(foldAnnotations(message, votes).votes).toEqual({ up: [account(2)], down: [account(4)] });
});

test("authors delete, and admins; others do not", () => {
  const deleted = (annotation: Annotation) => foldAnnotations(message, [annotation]).deleted;
  expect(deleted(by(1, { kind: "delete" }))).toBe(true);
  expect(deleted(by(2, { kind: "delete" }))).toBe(false);
  expect(deleted(by(2, { kind: "delete" }, 1, { role: "member" }))).toBe(false);
  expect(deleted(by(2, { kind: "delete" }, 1, { role: "admin" }))).toBe(true);
});

test("nothing is left of a deleted message", () => {
  const all = [
    by(1, { kind: "edit", text: "secret" }),
    by(2, { kind: "vote", value: "up" }),
    by(1, { kind: "delete" }),
  ];
  expect(foldAnnotations(message, all)).toEqual({
    text: undefined,
    edited: false,
    deleted: true,
    reactions: new Map(),
    votes: { up: [], down: [] },
    pinned: false,
    mentionsMe: false,
  });
});
