import { expect, test } from "vitest";
import { initialState } from "../../model/initial.ts";
import { widthOf } from "../../model/layout/spans.ts";
import { wizard } from "../../model/screens/wizard.ts";
import { firstStep, goTo, type WizardScreen, type WizardStep } from "../../model/screens/wizard-screen.ts";
import { wizardLines } from "./wizard.ts";

const words = Array.from({ length: 24 }, (_, at) => `zwordxy${String.fromCharCode(97 + at)}`);
const known = {
  name: "nora",
  relay: {
    url: `http://${"long.".repeat(12)}example.org:7443`,
    way: "open",
    isOwn: false,
    registration: "invite",
  },
  words,
  places: [1, 5, 23],
  savedTo: `/home/nora/${"deep/".repeat(20)}words`,
} as const;
const steps: readonly WizardStep[] = [
  ...(["unlock", "where", "address", "name", "invitation", "password", "sign in"] as const),
  ...(["secret", "recall", "recall file", "new password"] as const),
  ...(["words", "file", "check", "first"] as const),
];

function stateAt(columns: number, rows: number) {
  return initialState({ columns, rows, now: 0, me: "", screens: [] });
}

function at(step: WizardStep, typed = ""): WizardScreen {
  const screen = goTo(firstStep({ relay: undefined, isLocked: false }), step, known);
  const { screen: after } = wizard.type(screen, typed, stateAt(80, 24));
  return after === "close" ? screen : after;
}

function textOf(screen: WizardScreen, width: number, height: number): string[] {
  const lines = wizardLines(screen, stateAt(width, height), width, height);
  return lines.map(({ spans }) =>
    spans
      .map(({ text }) => text)
      .join("")
      .trimEnd(),
  );
}

test.each(steps)("the step %s fits every terminal, and one sees what one writes or chooses", (step) => {
  for (const trouble of [
    undefined,
    { message: "It did not work, at length. ".repeat(4), hint: "Try. ".repeat(30) },
  ]) {
    const screen = { ...at(step, "typed 漢字 👩‍👩‍👧"), trouble };
    for (const [width, height] of [
      [250, 68],
      [80, 22],
      [60, 14],
      [20, 5],
      [3, 2],
      [1, 1],
    ] as const) {
      const lines = wizardLines(screen, stateAt(width, height), width, height);
      expect(lines.length).toBeLessThanOrEqual(height);
      for (const { spans, cursor = 0 } of lines) {
        expect(widthOf(spans)).toBeLessThanOrEqual(width);
        expect(cursor).toBeLessThan(width);
      }
      const isSeen = lines.some(({ spans, cursor }) => {
        return cursor !== undefined || spans.some(({ text }) => text.includes("▌"));
      });
      if (width > 3) expect(isSeen).toBe(true);
    }
  }
});

test("all words and both answers are on a screen of 60 columns and 16 rows", () => {
  const shown = textOf({ ...at("words"), known: { ...at("words").known, savedTo: undefined } }, 60, 14).join(
    "\n",
  );
  for (const word of words) expect(shown).toContain(word);
  expect(shown).toContain("24 zwordxyx");
  expect(shown).toContain("▌ I have written them down");
  expect(shown).toContain("Save them to a file");
});

test("a password is dots, as many as its characters", () => {
  const shown = textOf(at("password", "p4ss 👩‍👩‍👧 wörd"), 80, 22).join("\n");
  expect(shown).toContain("› •••••••••••\n");
  expect(shown).not.toContain("p4ss");
});

test("the name says how it stands while it is typed", () => {
  const shown = (typed: string) => {
    const empty = goTo(firstStep({ relay: undefined, isLocked: false }), "name");
    const { screen } = wizard.type(empty, typed, stateAt(80, 24));
    return screen === "close" ? "" : textOf(screen, 80, 22).join("\n");
  };
  expect(shown("no")).toContain("   A name has at least 3 characters.");
  expect(shown("nora")).toContain("✓ can be a name");
  expect(shown("nö")).toContain("! A name has only");
});

const existing = {
  ...known,
  relay: { ...known.relay, url: "https://chat.example.org:7443", way: "tls" },
} as const;
const mine = { ...existing, isMine: true, devices: 2, recalled: words.slice(0, 23).join(" ") } as const;
const login = firstStep({ relay: undefined, isLocked: false });
const trouble = { message: "Wrong password.", hint: "Check the name and the relay, too: Esc goes back." };

const looks: Readonly<Record<string, WizardScreen>> = {
  "sign-in-name": goTo(login, "name", { ...existing, name: "" }),
  "sign-in-taken": {
    ...goTo(login, "name", existing),
    trouble: {
      message: "The name nora is taken.",
      hint: "If it is yours, choose to sign in; else take another one.",
    },
    chosen: 1,
  },
  "sign-in-closed": goTo(login, "name", {
    ...existing,
    relay: { ...existing.relay, registration: "closed" },
  }),
  "sign-in-invitation": goTo(login, "invitation", existing),
  "sign-in-password": { ...goTo(login, "secret", mine), trouble },
  "sign-in-words": goTo(login, "recall", mine),
  "sign-in-words-wrong": {
    ...goTo(login, "recall", { ...mine, recalled: words.join(" ") }),
    trouble: {
      message: "These are not the recovery words of nora.",
      hint: "They are the 24 words that were shown when the account was made.",
    },
  },
  "sign-in-file": goTo(login, "recall file", mine),
  "sign-in-forgotten": goTo(login, "new password", mine),
};

for (const [name, screen] of Object.entries(looks)) {
  for (const [width, height] of [
    [60, 14],
    [96, 28],
  ] as const) {
    test(`${name} looks at ${width}x${height} as kept`, async () => {
      const shown = `${textOf(screen, width, height).join("\n")}\n`;
      await expect(shown).toMatchFileSnapshot(`golden/${name}-${width}x${height}.txt`);
    });
  }
}

test("a relay without encryption on the way is said to be one", () => {
  expect(textOf(at("name"), 200, 22).join("\n")).toMatch(/WITHOUT encryption on the way/);
});
