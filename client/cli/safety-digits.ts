/** Sixty digits in twelve groups of five, as people read them to each other. */
export function inGroups(digits: string): string {
  return (digits.match(/.{1,5}/g) ?? []).join(" ");
}

/** The same in three lines of four. */
export function inLines(digits: string): string[] {
  return (digits.match(/.{1,20}/g) ?? []).map(inGroups);
}
