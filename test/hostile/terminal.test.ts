// A peer whose text wants to be obeyed, or to break the screen: a real client in a terminal, and what it writes there.
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createGroup } from "../../client/core/groups/create-group.ts";
import { inviteMember } from "../../client/core/groups/manage-group.ts";
import { drainOutbox } from "../../client/core/outbox/drain-outbox.ts";
import { queueControl } from "../../client/core/outbox/queue-silent.ts";
import { queueMessage } from "../../client/core/outbox/send-message.ts";
import type { Person } from "../support/chat.ts";
import { type Enrolled, enrol } from "../support/enrolled.ts";
import { online, sync } from "../support/online.ts";
import { person } from "../support/person.ts";
import { startTestRelay, type TestRelay } from "../support/relay.ts";
import { closeTuis, openTui, press } from "../support/tui.ts";
import type { VirtualTerminal } from "../support/virtual-terminal.ts";

const COLUMNS = 100;
const NARROW = 41;
/** Where the conversation begins beside the list. */
const LEFT = 23;

let relay: TestRelay;
let alice: Person;
let mallory: Enrolled;
/** Two terminals of alice's, in her conversation with mallory. */
let wide: VirtualTerminal;
let narrow: VirtualTerminal;
let count = 0;

beforeAll(async () => {
  relay = await startTestRelay();
  [alice, mallory] = await Promise.all([person("alice", relay.url), enrol("mallory", relay.url)]);
  queueMessage(mallory.profile, { to: "alice", text: "hello" });
  await drainOutbox(mallory.profile, mallory.connect);
  wide = await openTui(alice, { columns: COLUMNS, rows: 30 });
  narrow = await openTui(alice, { columns: NARROW, rows: 24 });
  await Promise.all([wide.shows("hello"), narrow.shows("hello")]);
});
afterAll(async () => {
  await closeTuis();
  mallory?.leave();
  await alice?.leave();
  await relay?.stop();
});

/** What mallory says is on both screens; gives what was written to the terminals meanwhile. */
async function say(texts: readonly string[], to = "alice"): Promise<string> {
  const before = [wide.output.length, narrow.output.length];
  count += 1;
  for (const text of [...texts, `the end of ${count}`]) {
    queueMessage(mallory.profile, { to, text });
  }
  await drainOutbox(mallory.profile, mallory.connect);
  await Promise.all([wide.shows(`the end of ${count}`), narrow.shows(`the end of ${count}`)]);
  return wide.output.slice(before[0]) + narrow.output.slice(before[1]);
}

/** All that the client itself tells a terminal while it runs: colours, places, the frame, and its own title. */
const own = new RegExp(
  [
    "\u001b\\[(\\d+(;\\d+)*)?[mABCDEFGHJK]",
    "\u001b\\[\\?(25|2026)[hl]",
    "\u001b\\]2;(\\(\\d+\\) )?Sotto\u0007",
    "\r|\n",
  ].join("|"),
  "g",
);
const unsafe = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

function expectObedient(output: string): void {
  expect(output.replace(own, "").match(unsafe) ?? []).toEqual([]);
}

function expectStraight(name = "mallory"): void {
  for (const [terminal, left] of [
    [wide, LEFT],
    [narrow, 0],
  ] as const) {
    const rows = terminal.rows();
    const width = terminal === wide ? COLUMNS : NARROW;
    const what = `\n${terminal.screen()}\n`;
    expect(rows[0], what).toMatch(new RegExp(left > 0 ? `^ Sotto {17}${name}` : `^ ${name}`));
    if (left > 0) {
      expect(rows[1]?.slice(0, left), what).toMatch(new RegExp(`^ ▌.${name} *\\d* *$`));
      for (const row of rows.slice(2, -3))
        expect(row.slice(0, left), what).toMatch(/^ {3}mallory *\d* *$|^ *$/);
    }
    expect(rows.at(-3)?.slice(left), what).toBe("─".repeat(width - left));
    expect(rows.at(-2)?.slice(left), what).toBe(`› Message ${name}`);
    expect(rows.at(-1), what).toMatch(/^ ● connected/);
  }
}

const family = "👨‍👩‍👧‍👦";
const nasty: readonly (readonly [string, string])[] = [
  ["a link (OSC 8)", "\u001b]8;;https://evil.example\u0007click\u001b]8;;\u0007"],
  ["the clipboard (OSC 52)", "\u001b]52;c;ZXZpbA==\u0007 \u001b]52;c;?\u001b\\"],
  ["the title (OSC 0 and 2)", "\u001b]0;owned\u0007\u001b]2;owned\u001b\\"],
  ["sequences of CSI", "\u001b[2J\u001b[H\u001b[8mhidden\u001b[6n\u001b[?1049l\u001b[?2026h\u001bc"],
  ["DCS, APC and PM", "\u001bP+q544e\u001b\\\u001b_Gx\u001b\\\u001b^y\u001b\\"],
  ["C1", "\u009b2J\u009d0;owned\u009c\u0090\u0085\u008d"],
  ["all of C0", String.fromCharCode(...Array.from({ length: 32 }, (_, code) => code), 0x7f)],
  ["carriage returns and backspaces", "harmless\rEVIL\b\b\b\b\u000b\u000c"],
  ["bidi controls", "\u202eevil\u202c \u2066x\u2069 \u200f\u200e \u2067\u061c"],
  ["right-to-left", "שלום עולם, مرحبا بالعالم ".repeat(12)],
  ["piles of joined emoji", family.repeat(60)],
  ["joiners without end", `👨${"\u200d👨".repeat(200)}`],
  ["piles of marks", `Z${"\u0301\u0337\u0489".repeat(400)} ${"e\u0301\u0300\u0302".repeat(200)}`],
  ["wide characters at the edge", `a${"漢".repeat(200)} ${"ｗｉｄｅ".repeat(40)}`],
  [
    "flags, keycaps and variation selectors",
    `${"🇩🇪".repeat(60)} ${"1\ufe0f\u20e3".repeat(60)} ${"❤\ufe0f".repeat(90)}`,
  ],
  ["a word without end", "x".repeat(3_000)],
  ["Hangul that comes in pieces", "\u1100\u1161\u11a8".repeat(120)],
  ["Indic conjuncts", "क्ष्म्य".repeat(80)],
  ["signs that are wide for some only", "①②③…—·×÷°±§¶☃☎♥✂✈⚠☀▲".repeat(12)],
  ["zalgo in code", `\`\`\`\n${"Z\u0301\u0337\u0489".repeat(60)}\u001b[31m\n\`\`\``],
  ["tabs", "\t\t\ta\tb\t".repeat(30)],
  ["hundreds of lines", "line\n".repeat(400)],
  ["tags and unpaired surrogates", "a\u{e0041}\u{e007f}\ufffe\uffffx"],
];

test.each(nasty)("%s from a peer is text, and the borders stay straight", async (_, text) => {
  const [first, ...rest] = [text, `before ${text} after`];
  expectObedient(await say([first, ...rest]));
  expectStraight();
});

test("whatever a peer writes, the terminal is told nothing by it", async () => {
  const piece = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...nasty.map(([, text]) => text.slice(0, 40))) },
    { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 30 }) },
    { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 30 }) },
    fc.constantFrom(
      "\u001b",
      "\u001b[",
      "\u001b]",
      "\u009b",
      "\u0007",
      "\n",
      " ",
      "\u200d",
      "\ufe0f",
      "`",
      "```\n",
    ),
    fc.integer({ min: 0, max: 0x9f }).map((code) => String.fromCharCode(code)),
  );
  const text = fc
    .array(piece, { minLength: 1, maxLength: 12 })
    .map((pieces) => `${pieces.join("")}.`.toWellFormed());
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 6 }), async (texts) => {
      expectObedient(await say(texts));
      expectStraight();
    }),
    { numRuns: 15 },
  );
});

test("the title that a member gives a group is text, and the borders stay straight", async () => {
  const { profile } = mallory;
  const group = await online(mallory, async (connection) => {
    const made = await createGroup(profile, connection, { name: "ops", kind: "group" });
    await inviteMember(profile, connection, made, "alice");
    return made;
  });
  await drainOutbox(profile, mallory.connect);
  await alice.ok(["group", "accept", "ops"]);
  await sync(mallory);
  for (const terminal of [wide, narrow]) terminal.type(`/go ops${press.enter}`);
  await Promise.all([wide.shows("› Message #ops"), narrow.shows("› Message #ops")]);
  for (const [what, text] of nasty) {
    // Short enough to stand at the top too.
    const title = `${text.trim().slice(0, 16)}.`.toWellFormed();
    queueControl(profile, group, { case: "title", value: { title } }, profile.runtime.now());
    expectObedient(await say([what], "#ops"));
    expectStraight("#ops");
  }
  expect(wide.screen().match(/called it/g)?.length).toBeGreaterThan(3);
});
