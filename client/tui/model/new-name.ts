/** Why this cannot be the name of an account; undefined: it can. An `@` before it and capitals do not matter. */
export function nameTrouble(text: string): string | undefined {
  const name = foldedName(text);
  const wrong = /[^a-z0-9_.-]/u.exec(name)?.[0];
  if (wrong === " ") return "A name has no spaces.";
  if (wrong !== undefined) return `A name has only a-z 0-9 _ . and -, not ${wrong}`;
  if (/^[_.-]/.test(name)) return "A name begins with a letter or a digit.";
  if (name === "me") return "me is what everybody calls himself.";
  if (name.length < 3) return "A name has at least 3 characters.";
  return name.length > 32 ? "A name has at most 32 characters." : undefined;
}

export function foldedName(text: string): string {
  return text.trim().replace(/^@/, "").toLowerCase();
}
