import type { PersonRow } from "../../model/data.ts";
import { peopleCalled } from "../../model/directory.ts";
import { column, span } from "../../model/layout/spans.ts";
import type { Line } from "../../model/line.ts";
import { nameFrom } from "../../model/screens/moving.ts";
import { exactName } from "../../model/screens/people.ts";
import type { InviteScreen, PeopleScreen } from "../../model/screens/screen.ts";
import type { State } from "../../model/state.ts";
import { date } from "../moment.ts";
import { counted } from "../words.ts";
import { fieldLine } from "./field.ts";
import { emptyRow, failureRows, itemRow, listing, MARGIN, plainRow, type Row, textRows } from "./listing.ts";

/** The longest name and a little. */
const NAME = 34;
const HOUR = 60 * 60_000;

export function peopleLines(screen: PeopleScreen, state: State, width: number, height: number): Line[] {
  const all = peopleCalled(state, screen.query.text);
  return pickerLines(screen, all, state, width, height, "Somebody's name: enter writes to them");
}

/** A list of people to choose one of. */
export function pickerLines(
  screen: PeopleScreen | InviteScreen,
  people: readonly PersonRow[],
  state: State,
  width: number,
  height: number,
  about: string,
): Line[] {
  const names = people.map(({ name }) => name);
  const chosen = names.indexOf(nameFrom(names, screen.chosen) ?? "");
  const head: Row[] = [{ line: fieldLine(screen.query, about, width) }, emptyRow];
  const body =
    people.length > 0
      ? people.map((person, at) => personRow(person, at, at === chosen, state, width))
      : nobodyRows(screen, state, width);
  const foot = people.length > 0 ? footRows(state, people.length) : [];
  return listing({ head, body, foot, chosen }, width, height);
}

function personRow(
  { name, since, known }: PersonRow,
  item: number,
  isChosen: boolean,
  state: State,
  width: number,
): Row {
  const isHere = state.present.has(name);
  const isNew = Math.abs(state.now - since) < HOUR;
  const nameColumn = Math.min(NAME, Math.max(12, width - 28));
  const room = width - nameColumn - MARGIN.length - 3;
  return itemRow(item, isChosen, [
    isHere ? span("● ", "good") : span("  "),
    ...column(name, nameColumn, "plain"),
    span(
      asManyAsFit(
        [
          ...(isHere ? ["here"] : []),
          ...(known ? ["in your list"] : []),
          isNew ? "new on this relay" : `since ${date(since, state.now)}`,
        ],
        room,
      ),
      "dim",
    ),
  ]);
}

function asManyAsFit([first = "", ...more]: readonly string[], room: number): string {
  return more.reduce((text, fact) => {
    const longer = `${text} · ${fact}`;
    return longer.length <= room ? longer : text;
  }, first);
}

/** Why there is nobody to be seen, and what to do about it. */
export function nobodyRows(
  { query, failure, kind }: Pick<PeopleScreen, "query" | "failure"> & { readonly kind: string },
  { directory }: State,
  width: number,
): Row[] {
  const wanted = query.text.trim();
  if (failure !== undefined && !directory.isWhole) {
    // Hints of the command line name its commands.
    const told = failure.hint?.includes("`chat ") === true ? { ...failure, hint: undefined } : failure;
    return failureRows(
      told,
      width,
      kind === "people" ? byExactName({ query, failure }) : "Enter asks again.",
    );
  }
  if (!directory.isWhole) return textRows("Asking the relay who is there…", width);
  if (wanted !== "")
    return [
      plainRow(`Nobody here is called ${wanted}.`),
      ...textRows("A part of the name is enough. Whoever registers appears at once.", width),
    ];
  return [
    plainRow("There is nobody else to be found."),
    ...textRows("Whoever registers on this relay appears here at once.", width),
  ];
}

/** A relay that lists nobody may find who is called exactly so. */
function byExactName(screen: Pick<PeopleScreen, "query" | "failure">): string {
  const name = exactName(screen);
  return name === undefined ? "Enter asks again. Or type somebody's exact name." : `Enter writes to ${name}.`;
}

function footRows({ directory }: State, count: number): Row[] {
  const text = counted(count, "person", "people");
  return [emptyRow, plainRow(directory.isWhole ? text : `${text} so far`, "dim")];
}
