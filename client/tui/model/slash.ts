// What can be written instead of a message: `/join music`.

/** What may stand after it, for completion. */
type Argument = "person" | "conversation" | "level";

export interface SlashCommand {
  /** As one writes it: `ROOM`, `[TEXT]`. */
  readonly usage: string;
  readonly label: string;
  readonly argument?: Argument;
}

const table = {
  join: { usage: "ROOM", label: "Join a room" },
  invite: { usage: "PERSON…", label: "Invite people to this group", argument: "person" },
  remove: { usage: "PERSON", label: "Remove somebody from this group", argument: "person" },
  title: { usage: "TEXT", label: "Give this group another title" },
  leave: { usage: "", label: "Leave this group" },
  accept: { usage: "[NAME]", label: "Accept an invitation, or a stranger" },
  decline: { usage: "[NAME]", label: "Decline an invitation" },
  block: { usage: "[NAME]", label: "Block a person", argument: "person" },
  unblock: { usage: "[NAME]", label: "Unblock a person", argument: "person" },
  verify: { usage: "", label: "Compare the safety number" },
  mute: { usage: "all | mentions | none", label: "What to hear of this conversation", argument: "level" },
  go: { usage: "NAME", label: "Go to a conversation", argument: "conversation" },
  msg: { usage: "NAME TEXT", label: "Send without going there", argument: "conversation" },
  expire: { usage: "30s|10m|2h|1d TEXT", label: "Send what disappears again" },
  requests: { usage: "", label: "Requests of strangers" },
  people: { usage: "", label: "People" },
  rooms: { usage: "", label: "Rooms" },
  group: { usage: "", label: "New group or room" },
  details: { usage: "", label: "Details of this conversation" },
  keys: { usage: "", label: "Keys and devices" },
  search: { usage: "", label: "Search everywhere" },
  settings: { usage: "", label: "Settings" },
  relay: { usage: "", label: "Relay and connection" },
  check: { usage: "", label: "Check what is wrong" },
  login: { usage: "", label: "Log in again" },
  logout: { usage: "", label: "Sign this device out" },
  help: { usage: "", label: "Help" },
  quit: { usage: "", label: "Quit" },
} as const satisfies Record<string, SlashCommand>;

export type SlashName = keyof typeof table;
export const slashCommands: Readonly<Record<SlashName, SlashCommand>> = table;
export const slashNames = Object.keys(table) as readonly SlashName[];

/** What a text asks for. `unknown`: it looks like a command and is none. */
export type Asked =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "command"; readonly name: SlashName; readonly rest: string }
  | { readonly kind: "unknown"; readonly name: string };

/** A text that begins with `//` is one that begins with `/`. */
export function askedBy(text: string): Asked {
  if (!text.startsWith("/")) return { kind: "text", text };
  if (text.startsWith("//")) return { kind: "text", text: text.slice(1) };
  const [, word = "", rest = ""] = /^\/(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  const name = slashNames.find((known) => known === word.toLowerCase());
  return name === undefined
    ? { kind: "unknown", name: word }
    : { kind: "command", name, rest: rest.trimEnd() };
}
