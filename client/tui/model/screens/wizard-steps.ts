import type { FirstRunQuestion } from "../effect.ts";
import { foldedName, nameTrouble } from "../new-name.ts";
import { MIN_PASSWORD_LENGTH } from "../password-strength.ts";
import type { Step } from "./behaviour.ts";
import { goTo, type WizardScreen } from "./wizard-screen.ts";

export const WORDS = 24;

/** Enter at a step with fields. `signOutOthers`: this machine is to be the only device. */
export function proceed(screen: WizardScreen, signOutOthers = false): Step<WizardScreen> {
  const { known, field } = screen;
  const relay = known.relay?.url ?? "";
  const text = screen.fields[field]?.text ?? "";
  switch (screen.step) {
    case "unlock":
      return text === ""
        ? stay(screen, "Type the passphrase.")
        : wait(screen, "Opening", { kind: "unlock", passphrase: text });
    case "address": {
      const address = text.trim();
      if (address === "") return stay(screen, "Type the address of a relay.");
      return wait(screen, "Looking for the relay", { kind: "find relay", address });
    }
    case "name": {
      const trouble = nameTrouble(text);
      if (trouble !== undefined) return stay(screen, trouble);
      const name = foldedName(text);
      if (known.isMine) return { screen: goTo(screen, "secret", { name, isMine: true }) };
      const wantsToken = known.relay?.registration === "invite" && known.invitation === "";
      if (wantsToken) return { screen: goTo(screen, "invitation", { name }) };
      return checkName(screen, name, known.invitation);
    }
    case "invitation": {
      const invitation = text.trim();
      if (invitation === "") return stay(screen, "Type the token, or paste it.");
      return checkName({ ...screen, known: { ...known, invitation } }, known.name, invitation);
    }
    case "secret": {
      const { name } = known;
      if (text === "") return stay(screen, "Type the password.");
      return wait(screen, "Asking the relay", { kind: "prove", name, password: text, relay });
    }
    case "recall":
      return recall(screen, text, signOutOthers);
    case "recall file": {
      const path = text.trim();
      if (path === "") return stay(screen, "Type the name of the file.");
      return wait(screen, "Reading", { kind: "read words", path });
    }
    case "new password":
      return newPassword(screen, relay);
    case "password":
      return password(screen, relay);
    case "sign in": {
      const { name } = known;
      if (text === "") return stay(screen, "Type the password.");
      return wait(screen, "Signing in", { kind: "sign in", name, password: text, relay });
    }
    case "file": {
      const path = text.trim();
      if (path === "") return stay(screen, "Type the name of a new file.");
      return wait(screen, "Saving", { kind: "save words", path });
    }
    case "check":
      return check(screen);
    case "where":
    case "words":
    case "first":
      return { screen };
  }
}

function stay(screen: WizardScreen, message: string, hint?: string): Step<WizardScreen> {
  return { screen: { ...screen, trouble: { message, hint } } };
}

function wait(screen: WizardScreen, doing: string, ask: FirstRunQuestion): Step<WizardScreen> {
  return {
    screen: { ...screen, doing, trouble: undefined },
    effects: [{ kind: "first run", ask }],
  };
}

function checkName(screen: WizardScreen, name: string, invitation: string): Step<WizardScreen> {
  const { known } = screen;
  const relay = known.relay?.url ?? "";
  return wait({ ...screen, known: { ...known, name } }, "Asking whether it is free", {
    kind: "check name",
    name,
    relay,
    invitation,
  });
}

function password(screen: WizardScreen, relay: string): Step<WizardScreen> {
  const { name, invitation } = screen.known;
  return twice(screen, (password) =>
    wait(screen, "Making your keys and your account", {
      kind: "register",
      name,
      password,
      relay,
      invitation,
    }),
  );
}

function newPassword(screen: WizardScreen, relay: string): Step<WizardScreen> {
  const { name, recalled: words } = screen.known;
  return twice(screen, (password) =>
    wait(screen, "Setting the new password, and signing in", {
      kind: "reset password",
      name,
      words,
      password,
      relay,
    }),
  );
}

/** A password that is long enough, and the same both times. */
function twice(screen: WizardScreen, then: (password: string) => Step<WizardScreen>): Step<WizardScreen> {
  const [first, again] = screen.fields.map(({ text }) => text);
  if (first === undefined || [...first.normalize("NFC")].length < MIN_PASSWORD_LENGTH) {
    return stay({ ...screen, field: 0 }, `A password needs at least ${MIN_PASSWORD_LENGTH} characters.`);
  }
  if (screen.field === 0) return { screen: { ...screen, field: 1, trouble: undefined } };
  if (again !== first)
    return stay(screen, again === "" ? "Type the same again." : "Those are two different passwords.");
  return then(first);
}

function recall(screen: WizardScreen, text: string, signOutOthers: boolean): Step<WizardScreen> {
  const words = recalledWords(text);
  if (words.length !== WORDS) {
    const { length } = words;
    const message = length === 0 ? "Type your words." : `That is ${length} of ${WORDS} words.`;
    return stay(screen, message, "In their order, with spaces between them.");
  }
  const recalled = words.join(" ");
  if (screen.known.isForgotten) return { screen: goTo(screen, "new password", { recalled }) };
  const here = { ...screen, known: { ...screen.known, recalled } };
  return wait(here, "Adding this machine to your account", {
    kind: "add device",
    words: recalled,
    signOutOthers,
  });
}

/** As somebody types or pastes them: numbers before them do not count. */
export function recalledWords(text: string): readonly string[] {
  return text.toLowerCase().match(/\p{L}+/gu) ?? [];
}

function check(screen: WizardScreen): Step<WizardScreen> {
  const { words, places } = screen.known;
  const given = screen.fields.map(({ text }) => text.trim().toLowerCase());
  const empty = given.indexOf("");
  const wrong = given.findIndex((word, at) => word !== "" && word !== words[places[at] ?? -1]);
  if (wrong !== -1) {
    const place = (places[wrong] ?? 0) + 1;
    return stay({ ...screen, field: wrong }, `Word ${place} is another one.`, "Esc shows the words again.");
  }
  if (empty !== -1) return { screen: { ...screen, field: empty, trouble: undefined } };
  return wait(screen, "Signing in", { kind: "words kept" });
}
