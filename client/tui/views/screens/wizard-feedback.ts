import type { Style } from "../../model/line.ts";
import { nameTrouble } from "../../model/new-name.ts";
import { strengthOf } from "../../model/password-strength.ts";
import type { WizardScreen } from "../../model/screens/wizard-screen.ts";
import { recalledWords, WORDS } from "../../model/screens/wizard-steps.ts";

export interface Feedback {
  /** Before it, so that no colour is needed. */
  readonly sign: string;
  readonly text: string;
  readonly style: Style;
}

/** What there is to say to what was written, while it is written. */
export function feedbackOf(screen: WizardScreen): readonly Feedback[] {
  const { doing, trouble, step } = screen;
  if (doing !== undefined) return [{ sign: "◌", text: `${doing} …`, style: "dim" }];
  if (trouble !== undefined) {
    const hint = trouble.hint === undefined ? [] : [{ sign: " ", text: trouble.hint, style: "dim" } as const];
    return [{ sign: "!", text: trouble.message, style: "warn" }, ...hint];
  }
  if (step === "name") return named(screen);
  if (step === "password" || step === "new password") return chosen(screen);
  if (step === "recall") return recalled(screen);
  if (step === "words" && screen.known.savedTo !== undefined) {
    const text = `Saved to ${screen.known.savedTo}. Whoever reads that file can take your account: keep it safe.`;
    return [{ sign: "✓", text, style: "good" }];
  }
  return [];
}

function recalled({ fields }: WizardScreen): readonly Feedback[] {
  const { length } = recalledWords(fields[0]?.text ?? "");
  if (length === 0) return [];
  if (length > WORDS)
    return [{ sign: "!", text: `That is ${length} words: there are ${WORDS}.`, style: "warn" }];
  return length === WORDS
    ? [{ sign: "✓", text: `${WORDS} words`, style: "good" }]
    : [{ sign: "", text: `${length} of ${WORDS} words`, style: "dim" }];
}

function named({ fields, known }: WizardScreen): readonly Feedback[] {
  const text = fields[0]?.text ?? "";
  if (text === "") return [];
  const trouble = nameTrouble(text);
  const isNew = !known.isMine && known.relay?.registration !== "closed";
  if (trouble === undefined) return isNew ? [{ sign: "✓", text: "can be a name", style: "good" }] : [];
  // As long as it is only too short, somebody is still typing.
  const isOnTheWay = nameTrouble(`${text.trim()}aaa`) === undefined;
  return [{ sign: isOnTheWay ? "" : "!", text: trouble, style: isOnTheWay ? "dim" : "warn" }];
}

function chosen({ fields, field, known }: WizardScreen): readonly Feedback[] {
  const [first, again] = fields.map(({ text }) => text);
  if (first === undefined || first === "") return [];
  const { level, word, advice } = strengthOf(first, known.name);
  const meter = "▰".repeat(level) + "▱".repeat(4 - level);
  const style = level < 2 ? "warn" : level < 3 ? "plain" : "good";
  const strength: Feedback = { sign: meter, text: advice === undefined ? word : `${word}. ${advice}`, style };
  if (field === 0 || again === undefined || again === "") return [strength];
  if (again === first) return [strength, { sign: "✓", text: "the same both times", style: "good" }];
  const isOnTheWay = first.startsWith(again);
  return isOnTheWay ? [strength] : [strength, { sign: "!", text: "not the same", style: "warn" }];
}
