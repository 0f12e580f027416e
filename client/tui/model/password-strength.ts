export interface Strength {
  /** 0: it will not do; 4: good against whoever can try for years. */
  readonly level: 0 | 1 | 2 | 3 | 4;
  readonly word: string;
  readonly advice: string | undefined;
}

/** As the account's use case demands it. */
export const MIN_PASSWORD_LENGTH = 8;

/** What people choose first, and so do those who guess. */
const common =
  /passw[o0]rd|passwort|qwert[yz]?|azerty|letmein|welcome|willkommen|admin|iloveyou|monkey|dragon|master|sunshine|princess|football|baseball|shadow|superman|batman|trustno1|secret|login|hallo|hello|ninja|summer|winter|sotto/g;
const KEYBOARD = "qwertyuiop asdfghjkl zxcvbnm 1234567890";

/** An estimate from length and variety: bits that whoever guesses cleverly would have to try. */
export function strengthOf(password: string, name: string): Strength {
  const length = [...password].length;
  if (length < MIN_PASSWORD_LENGTH) {
    return { level: 0, word: "too short", advice: `At least ${MIN_PASSWORD_LENGTH} characters.` };
  }
  const bits = bitsOf(password, name);
  if (bits < 28)
    return { level: 1, word: "weak", advice: "Easily guessed. Four or five unrelated words are better." };
  if (bits < 45) return { level: 2, word: "fair", advice: "Another word or two makes it good." };
  return bits < 60
    ? { level: 3, word: "good", advice: undefined }
    : { level: 4, word: "strong", advice: undefined };
}

function bitsOf(password: string, name: string): number {
  const folded = password.toLowerCase();
  // A word that is guessed first counts as one character.
  const short = (name.length > 2 ? folded.replaceAll(name, "\u0000") : folded).replace(common, "\u0000");
  const perCharacter = variety(password);
  const characters = [...short];
  const seen = new Set<string>();
  let bits = 0;
  for (const [at, character] of characters.entries()) {
    const before = characters[at - 1];
    const three = characters.slice(at - 2, at + 1).join("");
    const isExpected = before !== undefined && (follows(before, character) || (at > 1 && seen.has(three)));
    bits += isExpected ? 0.5 : perCharacter;
    if (at > 1) seen.add(three);
  }
  return bits;
}

/** Bits of a character: letters come in words and tell less than their number; what is mixed tells more. */
function variety(password: string): number {
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\p{N}/u, /[^\p{L}\p{N}\s]/u].filter((kind) =>
    kind.test(password),
  ).length;
  const isOther = /[^ -~]/.test(password);
  const bits = /^\d+$/.test(password) ? 2.6 : 2.2 + 0.6 * Math.max(1, kinds);
  return bits + (isOther ? 0.8 : 0);
}

/** The same again, or the next of the alphabet, of the digits, or on the keyboard. */
function follows(before: string, character: string): boolean {
  if (before === character) return true;
  const step = (character.codePointAt(0) ?? 0) - (before.codePointAt(0) ?? 0);
  return (
    (step === 1 || step === -1 || KEYBOARD.includes(before + character)) &&
    /[a-z0-9]{2}/.test(before + character)
  );
}
