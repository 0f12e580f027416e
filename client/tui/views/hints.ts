import { type Barrier, barrierOf } from "../model/barrier.ts";
import { type CommandName, commandNames, commands } from "../model/command.ts";
import type { KeyName } from "../model/event.ts";
import { keyIn, keyLabel, keysFor } from "../model/keymap.ts";
import { behaviourOf } from "../model/screens/index.ts";
import { chosenItem, requestItems } from "../model/screens/requests.ts";
import { hasWayBack } from "../model/screens/wizard-screen.ts";
import type { State } from "../model/state.ts";
import { contextsOf } from "../model/update.ts";

/** A key that can be pressed now, and what it does. */
export interface Hint {
  readonly command: CommandName;
  readonly key: KeyName;
  readonly label: string;
}

type Wanted = readonly (readonly [CommandName, string])[];

/** The keys that are of use where one is, the most important first. */
export function hintsOf(state: State): readonly Hint[] {
  return wanted(state).flatMap(([command, label]) => hint(state, command, label) ?? []);
}

/** The ways to everything else. */
export function waysOf(state: State): readonly Hint[] {
  if (state.screens.at(-1)?.kind === "wizard") return [];
  const [palette, help] = [
    hint(state, "palette", "go"),
    hint(state, "help here", "help") ?? hint(state, "help", "help"),
  ];
  return [palette, help].filter((way) => way !== undefined);
}

function hint(state: State, command: CommandName, label: string): Hint | undefined {
  const key = keyIn(state.keymap, contextsOf(state), command);
  return key === undefined ? undefined : { command, key, label: `${keyLabel(key)} ${label}` };
}

function wanted(state: State): Wanted {
  const top = state.screens.at(-1);
  if (top !== undefined) return screenHints(state);
  switch (state.pane) {
    case "conversations":
      return [
        ["choose", "open"],
        ["back", "back"],
        ["search here", "search"],
      ];
    case "transcript":
      return state.open?.selected === undefined
        ? [
            ["select up", "choose"],
            ["back", "back"],
          ]
        : messageHints(state);
    case "composer":
      return barrierOf(state) === undefined ? composerHints(state) : aroundBarrier;
  }
}

/** What it waits for stands in the place of the composer. */
const aroundBarrier: Wanted = [
  ["focus next", "list"],
  ["focus previous", "messages"],
];

const ofBarrier: Readonly<Record<Barrier, Wanted>> = {
  request: [
    ["accept", "accept"],
    ["block", "block"],
    ["verify", "safety number"],
    ["back", "later"],
  ],
  blocked: [["unblock", "unblock"]],
  "new key": [
    ["accept", "look at the new keys"],
    ["block", "block"],
  ],
};

/** The ways past it, if the keys are there; otherwise the palette has them. */
export function barrierHints(state: State, barrier: Barrier): readonly Hint[] {
  return ofBarrier[barrier].flatMap(([command, label]) => {
    const [key] = keysFor(state.keymap, command);
    return key === undefined ? [] : [{ command, key, label: `${keyLabel(key)} ${label}` }];
  });
}

function composerHints({ open, conversations }: State): Wanted {
  if (open === undefined)
    return [
      ["people", "people"],
      ["new group", "new group"],
      ["rooms", "rooms"],
    ];
  const others = conversations.some(({ name, unread }) => unread > 0 && name !== open.name);
  const next: Wanted = others ? [["next unread", "next unread"]] : [];
  const leave: Wanted = open.purpose.kind === "message" ? [] : [["back", "give up"]];
  // With nothing to complete, the key of that goes to the list.
  if (open.composer.text === "")
    return [...leave, ...next, ["complete", "list"], ["focus previous", "messages"], ["people", "people"]];
  const enter = open.purpose.kind === "edit" ? "save" : "send";
  return [["send", enter], ...leave, ...next, ["newline", "new line"]];
}

function messageHints({ open }: State): Wanted {
  const chosen = open?.entries.find(({ key }) => key === open.selected);
  if (chosen?.kind === "message" && chosen.content !== "text")
    return [
      ["why", "why can I not read this?"],
      ["back", "back"],
    ];
  const isOwn = chosen?.kind === "message" && chosen.own;
  if (isOwn && chosen.state === "failed")
    return [
      ["send again", "send again"],
      ["delete", "put away"],
      ["copy", "copy"],
      ["back", "back"],
    ];
  return [
    ["reply", "reply"],
    ...(isOwn ? [["edit", "edit"] as const, ["delete", "delete"] as const] : []),
    ["react", "react"],
    ["vote up", "vote"],
    ["message details", "who has it"],
    ["back", "back"],
  ];
}

const requestHints: Wanted = [
  ["choose", "read"],
  ["accept", "accept"],
  ["block", "block"],
  ["back", "back"],
];

const blockedHints: Wanted = [
  ["unblock", "unblock"],
  ["back", "back"],
];

/** What the screen's own keys do, then how to leave it. */
function screenHints(state: State): Wanted {
  const top = state.screens.at(-1);
  if (top === undefined) return [];
  if (top.kind === "help")
    return [
      ["page down", "more"],
      ["back", "back"],
    ];
  if (top.kind === "wizard") {
    return [["choose", "go on"], ...(hasWayBack(top) ? [["back", "back"] as const] : []), ["quit", "quit"]];
  }
  if (top.kind === "log in")
    return [
      ["choose", "log in"],
      ["back", "back"],
    ];
  if (top.kind === "sign out" && top.stage === "words")
    return [
      ["choose", "sign out"],
      ["back", "back"],
    ];
  if (top.kind === "requests") {
    const item = requestItems(state)[chosenItem(top, state)];
    if (item === undefined) return [["back", "back"]];
    return item.kind === "request" ? requestHints : blockedHints;
  }
  const contexts = behaviourOf(top).contexts(top);
  const own = commandNames
    .filter((name) => contexts.includes(commands[name].context) && !("hidden" in commands[name]))
    .map((name) => [name, commands[name].label.toLowerCase()] as const);
  const verb = { confirm: "answer", settings: "change", message: "close" }[top.kind as string] ?? "choose";
  return [...(contexts.includes("list") ? [["choose", verb] as const] : []), ...own, ["back", "back"]];
}
