import type { CommandName } from "../command.ts";
import { type Composer, noCompletions, runComposer, typeText } from "../composer.ts";

const PAGE = 10;

/** How many rows a command goes down a list; undefined if it does not move in it. */
export function stepOf(command: CommandName, page = PAGE): number | undefined {
  return ({ up: -1, down: 1, "page up": -page, "page down": page } as Partial<Record<CommandName, number>>)[
    command
  ];
}

/** A place in a list of so many. */
export function within(place: number, count: number): number {
  return Math.max(0, Math.min(count - 1, place));
}

/** The name at so many rows from the one that is chosen; the first if that is not there any more. */
export function nameFrom(names: readonly string[], chosen: string | undefined, by = 0): string | undefined {
  const at = chosen === undefined ? -1 : names.indexOf(chosen);
  return names[within(Math.max(0, at) + by, names.length)];
}

/** A field of one line after a command; undefined if the command is not one of a text. */
export function fieldAfter(field: Composer, command: CommandName): Composer | undefined {
  const after = runComposer(field, command, noCompletions);
  return after === field || after.text.includes("\n") ? undefined : after;
}

export function typedInto(field: Composer, text: string): Composer {
  return typeText(field, text.replaceAll(/\s/g, " "));
}
