import type { Effect } from "../effect.ts";
import type { Behaviour, Step } from "./behaviour.ts";
import type { ConfirmScreen } from "./screen.ts";

/** Asks before something that cannot be taken back; the cursor is on doing nothing. */
export function asking(
  question: string,
  detail: string | undefined,
  label: string,
  effects: readonly Effect[],
): ConfirmScreen {
  const choices = [
    { label, effects },
    { label: "Cancel", effects: [] },
  ];
  return { kind: "confirm", question, detail, choices, chosen: choices.length - 1 };
}

/** An invitation can be left for later. */
export function invitation(name: string, by: string | undefined): ConfirmScreen {
  return {
    kind: "confirm",
    question: by === undefined ? `Join ${name}?` : `${by} invites you to ${name}.`,
    detail: "Its members see when you join, and what you write from then on.",
    choices: [
      { label: "Join", effects: [{ kind: "accept", name }], goTo: name },
      { label: "Later", effects: [] },
      { label: "Decline", effects: [{ kind: "decline", name }] },
    ],
    chosen: 0,
  };
}

export function blocking(name: string): ConfirmScreen {
  const detail =
    "Nothing more of theirs is shown or kept, and they are not told. To unblock them brings nothing of it back.";
  return asking(`Block ${name.replace(/^@/, "")}?`, detail, "Block", [{ kind: "block", name }]);
}

/** The numbers are not the same: what that means, and what can be done. */
export function differing(name: string): ConfirmScreen {
  const who = name.replace(/^@/, "");
  return {
    kind: "confirm",
    question: `Somebody may stand between you and ${who}.`,
    detail:
      "Compare all of it once more, by voice or face to face, and see that each looks at the other. If it still differs, send nothing secret, and tell whoever runs the relay.",
    choices: [
      { label: "Compare again", effects: [{ kind: "verify", name, isSame: false }] },
      { label: `Block ${who}`, effects: [], over: blocking(name) },
    ],
    chosen: 0,
  };
}

export const confirm: Behaviour<ConfirmScreen> = {
  contexts: () => ["list"],
  run(screen, command) {
    const last = screen.choices.length - 1;
    switch (command) {
      case "up":
        return { screen: { ...screen, chosen: Math.max(0, screen.chosen - 1) } };
      case "down":
        return { screen: { ...screen, chosen: Math.min(last, screen.chosen + 1) } };
      case "choose":
        return choose(screen, screen.chosen);
      default:
        return undefined;
    }
  },
  /** The first letter of an answer is the answer, as long as only one begins with it. */
  type(screen, text) {
    const letter = text.toLowerCase();
    const found = screen.choices.flatMap(({ label }, at) => (label.toLowerCase()[0] === letter ? [at] : []));
    const [only, another] = found;
    return only === undefined || another !== undefined ? { screen } : choose(screen, only);
  },
  choose,
  take: () => undefined,
  fail: () => undefined,
};

function choose(screen: ConfirmScreen, index: number): Step<ConfirmScreen> {
  const choice = screen.choices[index];
  if (choice === undefined) return { screen };
  const { effects, goTo, over } = choice;
  return {
    screen: "close",
    effects,
    ...(goTo === undefined ? {} : { goTo: { conversation: goTo } }),
    ...(over === undefined ? {} : { over }),
  };
}
