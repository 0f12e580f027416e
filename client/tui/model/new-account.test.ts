import fc from "fast-check";
import { expect, test } from "vitest";
import { checkNewPassword } from "../../core/account/account-password.ts";
import { checkNewName } from "../../core/account/register.ts";
import { foldedName, nameTrouble } from "./new-name.ts";
import { MIN_PASSWORD_LENGTH, strengthOf } from "./password-strength.ts";

function accepts(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

test.each([
  ["nora", undefined],
  ["@Nora", undefined],
  ["no", "A name has at least 3 characters."],
  ["no ra", "A name has no spaces."],
  ["nöra", "A name has only a-z 0-9 _ . and -, not ö"],
  [".nora", "A name begins with a letter or a digit."],
  ["me", "me is what everybody calls himself."],
  ["n".repeat(33), "A name has at most 32 characters."],
])("of the name %j it says: %s", (text, trouble) => {
  expect(nameTrouble(text)).toBe(trouble);
});

test("the screen and the registration agree on what a name is", () => {
  const text = fc.oneof(
    fc.string({ maxLength: 36, unit: fc.constantFrom(..."abN09_.-@ é") }),
    fc.constantFrom("me", "@me", "ME"),
  );
  fc.assert(
    fc.property(text, (given) => {
      const isAccepted = accepts(() => checkNewName(given.trim()));
      expect(nameTrouble(given) === undefined).toBe(isAccepted);
      if (isAccepted) expect(checkNewName(given.trim())).toBe(foldedName(given));
    }),
  );
});

test("the screen and the registration agree on how long a password is", () => {
  const unit = fc.constantFrom("a", "é", "😀");
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 12 }), (given) => {
      const isLong = strengthOf(given, "nora").level > 0;
      expect(isLong).toBe(accepts(() => checkNewPassword(given)));
    }),
  );
  expect(MIN_PASSWORD_LENGTH).toBe(8);
});

test.each([
  ["short", 0],
  ["password", 1],
  ["Passw0rd1!", 1],
  ["aaaaaaaaaaaaaaaa", 1],
  ["abcabcabcabcabc", 1],
  ["1234567890", 1],
  ["qwertyuiop123", 1],
  ["nora19990101", 1],
  ["norarocks", 1],
  ["correct horse", 2],
  ["four unrelated odd words", 4],
  ["kT9$wq!2Lz", 3],
  ["x9$Kq!2LzTr#7vBn", 4],
] as const)("the password %j is of strength %i", (password, level) => {
  expect(strengthOf(password, "nora").level).toBe(level);
});

test("a longer password is never a weaker one, unless it becomes what everybody takes", () => {
  const word = fc.string({ minLength: 8, maxLength: 30, unit: fc.constantFrom(..."bdkmvxz 7!") });
  fc.assert(
    fc.property(word, (given) => {
      expect(strengthOf(`${given}b`, "nora").level).toBeGreaterThanOrEqual(strengthOf(given, "nora").level);
    }),
  );
});
