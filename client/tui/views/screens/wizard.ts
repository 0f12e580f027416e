import { type SafeText, safeText } from "../../../safe-text.ts";
import { column, span, widthOf } from "../../model/layout/spans.ts";
import { wrap } from "../../model/layout/text.ts";
import type { Line, Span, Style } from "../../model/line.ts";
import { choicesOf, type WizardChoice } from "../../model/screens/wizard-lists.ts";
import { isHidden, type WizardScreen } from "../../model/screens/wizard-screen.ts";
import { recalledWords, WORDS } from "../../model/screens/wizard-steps.ts";
import type { State } from "../../model/state.ts";
import { apart, emptyLine, shorten, windowStart } from "../parts.ts";
import { fieldLine, masked } from "./field.ts";
import { feedbackOf } from "./wizard-feedback.ts";
import { labelsOf, textOf } from "./wizard-texts.ts";

const MARGIN = 3;
const WIDEST = 72;
const WORD_WIDTH = 14;
const LABEL_WIDTH = 10;

/** A step of the first run: what it is about, what is asked, and what is wrong with the answer. */
export function wizardLines(screen: WizardScreen, state: State, width: number, height: number): Line[] {
  const room = Math.max(1, Math.min(WIDEST, width - MARGIN));
  const asked = [...wordLines(screen, room), ...fieldLines(screen, room)];
  const said = feedbackLines(screen, room);
  const list = listLines(screen, state, room, Math.max(1, height - asked.length - said.length - 1));
  const { title, step, text } = textOf(screen, state);
  const head = [
    { spans: apart([span(title, "strong")], step === undefined ? [] : [span(step, "dim")], room) },
    ...text.flatMap((paragraph) => paragraphLines(paragraph, "dim", room)),
    emptyLine,
  ];
  const body = [...asked, ...list];
  const foot = said.length === 0 ? [] : [emptyLine, ...said];
  // However little room there is: what is asked stays, then what is wrong, then the title.
  const needed = Math.min(height, body.length + foot.length);
  const all = [...head.slice(0, height - needed), ...body, ...foot];
  const above = Math.max(0, Math.min(3, Math.floor((height - all.length) / 3)));
  return [...Array.from({ length: above }, () => emptyLine), ...windowed(all, height)].map((line) =>
    indented(line, width),
  );
}

/** The part of it in which one writes or chooses, if not all of it fits. */
function windowed(lines: readonly Line[], height: number): readonly Line[] {
  const active = lines.findIndex(({ cursor, spans }) => cursor !== undefined || spans[0]?.text === "▌");
  const start = windowStart(Math.max(0, active), lines.length, height);
  return lines.slice(start, start + height);
}

/** The mark of what is chosen stands in the margin. */
function indented(line: Line, width: number): Line {
  const [first, ...rest] = line.spans;
  const isMarked = first?.text === "▌";
  const margin = isMarked ? [span(" "), first, span(" ")] : [span(" ".repeat(MARGIN))];
  const spans = shorten([...margin, ...(isMarked ? rest : line.spans)], width);
  const { cursor } = line;
  return {
    ...line,
    spans,
    ...(cursor === undefined ? {} : { cursor: Math.min(Math.max(0, width - 1), cursor + MARGIN) }),
  };
}

function paragraphLines(text: string, style: Style, room: number): Line[] {
  return wrap(safeText(text), room).map((row) => ({ spans: [{ text: row, style }] }));
}

/** Numbered, row by row. */
function wordLines({ step, known, fields }: WizardScreen, room: number): Line[] {
  if (step !== "words" && step !== "recall") return [];
  const words = step === "words" ? known.words : recalledWords(fields[0]?.text ?? "").slice(0, WORDS);
  if (words.length === 0) return [];
  const columns = Math.max(1, Math.min(6, Math.floor((room + 2) / WORD_WIDTH)));
  const inRow = columns === 5 ? 4 : columns;
  const rows = Array.from({ length: Math.ceil(words.length / inRow) }, (_, row): Line => {
    const cells = words.slice(row * inRow, (row + 1) * inRow).flatMap((word, at): Span[] => {
      const number = String(row * inRow + at + 1).padStart(2);
      return [span(`${number} `, "dim"), ...column(word, WORD_WIDTH - 3, "plain")];
    });
    return { spans: cells };
  });
  return [...rows, emptyLine];
}

function fieldLines(screen: WizardScreen, room: number): Line[] {
  const labels = labelsOf(screen);
  const labelled = screen.fields.length > 1 ? Math.min(LABEL_WIDTH, Math.floor(room / 3)) : 0;
  return screen.fields.map((field, index): Line => {
    const isActive = index === screen.field && screen.doing === undefined;
    const shown = isHidden(screen) ? masked(field) : field;
    const label = labels[index] ?? "";
    const { spans, cursor = 0 } = fieldLine(shown, labelled === 0 ? label : "", room - labelled);
    const before = labelled === 0 ? [] : [span(label.padEnd(labelled), isActive ? "plain" : "dim")];
    return {
      spans: [...before, ...spans],
      target: { kind: "item", index },
      ...(isActive ? { cursor: labelled + cursor } : {}),
    };
  });
}

function listLines(screen: WizardScreen, state: State, room: number, height: number): Line[] {
  const choices = choicesOf(screen, state);
  // A field and what can be done with it stand apart, but where every line counts.
  const gap = screen.fields.length > 0 && screen.step !== "recall" ? [emptyLine] : [];
  const most = Math.max(1, height - gap.length);
  const start = windowStart(screen.chosen, choices.length, most);
  const shown = choices.slice(start, start + most).map((choice, at): Line => {
    const index = start + at;
    const isChosen = index === screen.chosen && screen.doing === undefined;
    const [label, about] = described(choice, screen);
    const text = [
      span(label, isChosen ? "chosen" : "plain"),
      span(about === "" ? "" : "   "),
      span(about, "dim"),
    ];
    return {
      spans: shorten([...(isChosen ? [span("▌", "accent")] : []), ...text], room),
      target: { kind: "item", index },
    };
  });
  return shown.length === 0 ? [] : [...gap, ...shown];
}

function described(choice: WizardChoice, { step }: WizardScreen): readonly [string, string] {
  switch (choice.kind) {
    case "sign in":
      return ["Sign in         ", "you have an account already"];
    case "go on":
      return [step === "name" ? "Make an account" : step === "secret" ? "Sign in" : "Go on", ""];
    case "mine":
      return ["It is mine: sign in", ""];
    case "forgotten":
      return ["I have forgotten it", "the recovery words give another"];
    case "read words":
      return ["Read them from a file", ""];
    case "sign out others":
      return [
        choice.others === 1 ? "Go on, and sign the other device out" : "Go on, and sign all others out",
        "lost or stolen",
      ];
    case "start relay":
      return ["Start one here  ", "on this machine, while Sotto is open"];
    case "other relay":
      return ["Use another one ", "you know its address"];
    case "kept":
      return ["I have written them down", ""];
    case "save":
      return ["Save them to a file", ""];
    case "later":
      return ["Later", "look around first"];
    case "person":
      return choice.name === "me" ? ["me", "notes to yourself"] : [choice.name, ""];
  }
}

function feedbackLines(screen: WizardScreen, room: number): Line[] {
  return feedbackOf(screen).flatMap(({ sign, text, style }) => {
    const mark: Span[] = sign === "" ? [] : [span(`${sign} `, style)];
    const indent = { text: " ".repeat(widthOf(mark)) as SafeText, style: "plain" as const };
    return wrap(safeText(text), Math.max(1, room - widthOf(mark))).map(
      (row, at): Line => ({
        spans: [
          ...(at === 0 ? mark : [indent]),
          { text: row, style: sign === "" ? style : textStyle(style) },
        ],
      }),
    );
  });
}

/** A colour says no more than its sign. */
function textStyle(style: Style): Style {
  return style === "good" ? "dim" : style;
}
