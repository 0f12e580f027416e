import type { GroupDetails } from "../../model/data.ts";
import { column, span, widthOf } from "../../model/layout/spans.ts";
import { clock } from "../../model/layout/times.ts";
import type { Line } from "../../model/line.ts";
import { type DetailsItem, detailsItems, signed } from "../../model/screens/details-items.ts";
import type { DetailsScreen } from "../../model/screens/screen.ts";
import type { State } from "../../model/state.ts";
import { date } from "../moment.ts";
import { counted, VERIFIED } from "../words.ts";
import { fieldLine } from "./field.ts";
import { emptyRow, failureRows, itemRow, listing, type Row, textRows, titleRow } from "./listing.ts";
import { notifyWords } from "./notify-words.ts";
import { personLines } from "./person.ts";

const LABEL = 26;
const MEMBER = 26;

export function detailsLines(screen: DetailsScreen, state: State, width: number, height: number): Line[] {
  const { about } = screen;
  if (about.kind === "person") return personLines(screen, about.number, state, width, height);
  if (about.group.kind === "loading") return lines(textRows("Looking it up…", width), width, height);
  if (about.group.kind === "failed")
    return lines(failureRows(about.group.failure, width, "Enter tries again."), width, height);
  const group = about.group.value;
  const items = detailsItems(screen, state);
  const body = items.flatMap((item, at) => {
    const title = titleBefore(items[at - 1], item);
    const row = itemOf(screen, item, at, state, width);
    return title === undefined ? [row] : [...(at === 0 ? [] : [emptyRow]), titleRow(title), row];
  });
  const foot = screen.failure === undefined ? [] : [emptyRow, ...failureRows(screen.failure, width)];
  const head = [headRow(group), emptyRow];
  return listing({ head, body, foot, chosen: screen.chosen }, width, height);
}

function lines(body: readonly Row[], width: number, height: number): Line[] {
  return listing({ body, chosen: 0 }, width, height);
}

function headRow({ name, title, kind, members, mine }: GroupDetails): Row {
  const facts = [
    ...(title === name || title === "" ? [] : [title]),
    kind === "room" ? "a room, open to everybody here" : "a group, by invitation",
    counted(members.length, "member"),
    ...(mine === undefined ? ["you are not in it"] : []),
  ];
  return {
    line: { spans: [span("   "), span(signed(name), "strong"), span(`  ${facts.join(" · ")}`, "dim")] },
  };
}

/** Where a part of the list begins. */
function titleBefore(before: DetailsItem | undefined, item: DetailsItem): string | undefined {
  const part = partOf(item);
  return before !== undefined && partOf(before) === part ? undefined : partTitles[part];
}

const partTitles = { members: "Members", settings: "Settings", past: "What happened" } as const;

function partOf({ kind }: DetailsItem): keyof typeof partTitles {
  if (kind === "past") return "past";
  return kind === "member" || kind === "invited" || kind === "invite" ? "members" : "settings";
}

function itemOf(screen: DetailsScreen, item: DetailsItem, at: number, state: State, width: number): Row {
  const isChosen = at === screen.chosen;
  const pair = (label: string, value: string): Row =>
    itemRow(at, isChosen, [...column(label, LABEL, "plain"), span(value, "strong")]);
  switch (item.kind) {
    case "member": {
      const facts = [
        ...(item.isVerified ? [`verified ${VERIFIED}`] : []),
        ...(item.role === "member" ? [] : [item.role]),
        ...(item.name === state.me ? ["you"] : []),
        ...(state.present.has(item.name) ? ["here"] : []),
      ];
      return itemRow(at, isChosen, [...column(item.name, MEMBER, "plain"), span(facts.join(" · "), "dim")]);
    }
    case "invited":
      return itemRow(at, isChosen, [
        ...column(item.name, MEMBER, "plain"),
        span(`invited by ${item.by}, has not answered`, "dim"),
      ]);
    case "invite":
      return itemRow(at, isChosen, [span("+ Invite somebody", "accent")]);
    case "notify":
      return pair("Tell me of", notifyWords[item.level]);
    case "policy":
      return pair(policyLabels[item.what], policyWords[item.value] ?? item.value);
    case "rename":
      return screen.renaming === undefined || !isChosen
        ? itemRow(at, isChosen, [span("Rename it")])
        : renamingRow(screen.renaming, at, width);
    case "leave":
      return itemRow(at, isChosen, [span("Leave it", "bad")]);
    // Of a person: those have a view of their own.
    case "write":
    case "same":
    case "differ":
    case "forget":
    case "accept":
    case "block":
    case "unblock":
      return emptyRow;
    case "past": {
      const when = `${date(item.at, state.now)} ${clock(item.at)}`;
      return itemRow(at, isChosen, [span(`${when}  `, "dim"), span(item.text)]);
    }
  }
}

function renamingRow(title: NonNullable<DetailsScreen["renaming"]>, at: number, width: number): Row {
  const label = itemRow(at, true, [span("New name")]);
  const used = widthOf(label.line.spans);
  const field = fieldLine(title, "", Math.max(4, width - used));
  const spans = [...label.line.spans, ...field.spans];
  return { ...label, line: { ...label.line, spans, cursor: used + (field.cursor ?? 0) } };
}

const policyLabels = {
  invite: "Who may invite",
  post: "Who may write",
  pin: "Who may pin",
  history: "Newcomers get the latest",
} as const;

const policyWords: Readonly<Record<string, string>> = {
  member: "every member",
  admin: "admins and owners",
  owner: "owners only",
  automatic: "by themselves",
  asked: "if a member gives it",
};
