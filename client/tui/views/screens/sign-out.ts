import { span } from "../../model/layout/spans.ts";
import type { Line } from "../../model/line.ts";
import type { SignOutScreen } from "../../model/screens/screen.ts";
import { signOutAnswers } from "../../model/screens/sign-out.ts";
import type { State } from "../../model/state.ts";
import { counted } from "../words.ts";
import { fieldLine } from "./field.ts";
import { emptyRow, failureRows, itemRow, listing, plainRow, type Row, textRows } from "./listing.ts";

export function signOutLines(screen: SignOutScreen, state: State, width: number, height: number): Line[] {
  const { stage, chosen, failure, isBusy } = screen;
  const [title, ...texts] = saying(screen, state);
  const head = [plainRow(title, "strong"), ...texts.flatMap((text) => textRows(text, width)), emptyRow];
  const answers = signOutAnswers(screen).map((answer, at) =>
    itemRow(at, at === chosen && !isBusy, [span(labels[answer], isGrave(answer) ? "bad" : "plain")]),
  );
  const field: Row[] =
    stage === "words" ? [{ line: fieldLine(screen.words, "24 words, with spaces between them", width) }] : [];
  const doing = isBusy ? [emptyRow, ...textRows("◌ Signing out…", width)] : [];
  const foot = failure === undefined ? doing : [emptyRow, ...failureRows(failure, width)];
  return listing({ head, body: [...field, ...answers], foot, chosen }, width, height);
}

const labels = {
  stay: "Stay",
  "sign out": "Sign out, and erase what is here",
  "with words": "Revoke this device with the recovery words",
  "without words": "Sign out without them",
  "try again": "Try again",
  "only here": "Erase what is here all the same",
  quit: "Quit",
} as const;

function isGrave(answer: keyof typeof labels): boolean {
  return answer === "sign out" || answer === "without words" || answer === "only here";
}

function saying({ stage, isLast }: SignOutScreen, { me, connection }: State): readonly [string, ...string[]] {
  const waiting =
    connection.queued === 0 ? [] : [`! ${counted(connection.queued, "message")} not sent yet would be lost.`];
  switch (stage) {
    case "ask":
      return [
        `Sign this device out of ${me}?`,
        "Its keys and everything that was said are erased from this machine. To come back you need your password and your recovery words; what was said before is not there then.",
        ...(isLast === true
          ? ["It is the only device of the account, so only the recovery words can revoke it."]
          : []),
        ...waiting,
      ];
    case "words":
      return [
        "Your recovery words",
        "They sign that this device is revoked: nobody who has a copy of it can use it then.",
      ];
    case "unreachable":
      return [
        "The relay does not answer",
        "What is here can be erased all the same; at the relay this device stays one of yours, until you revoke it from another one.",
        ...waiting,
      ];
    case "done":
      return [
        "This device is signed out",
        "Nothing of the account is left here. Start Sotto again to come back, or as somebody else.",
      ];
  }
}
