import type { FirstRunQuestion } from "../effect.ts";
import { foldedName, nameTrouble } from "../new-name.ts";
import { MIN_PASSWORD_LENGTH } from "../password-strength.ts";
import type { Step } from "./behaviour.ts";
import type { WizardScreen } from "./wizard-screen.ts";

/** Enter at a step with fields. */
export function proceed(screen: WizardScreen): Step<WizardScreen> {
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
      return wait(screen, "Asking whether it is free", { kind: "check name", name: foldedName(text), relay });
    }
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

function password(screen: WizardScreen, relay: string): Step<WizardScreen> {
  const [first, again] = screen.fields.map(({ text }) => text);
  if (first === undefined || [...first.normalize("NFC")].length < MIN_PASSWORD_LENGTH) {
    return stay({ ...screen, field: 0 }, `A password needs at least ${MIN_PASSWORD_LENGTH} characters.`);
  }
  if (screen.field === 0) return { screen: { ...screen, field: 1, trouble: undefined } };
  if (again !== first)
    return stay(screen, again === "" ? "Type the same again." : "Those are two different passwords.");
  return wait(screen, "Making your keys and your account", {
    kind: "register",
    name: screen.known.name,
    password: first,
    relay,
  });
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
