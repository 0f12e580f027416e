// Everything a person can do, as data: keys, the palette and the help screen are drawn from it.

/** Where a key means something. `text`: wherever text is typed. `list`: every screen that is a list. */
export type Context =
  | "everywhere"
  | "composer"
  | "transcript"
  | "conversations"
  | "list"
  | "text"
  | "wizard"
  | "details"
  /** Where a person waits for an answer, and nothing is written before it. */
  | "decision";

export interface CommandInfo {
  /** For the palette and the help screen: `Reply`. */
  readonly label: string;
  readonly context: Context;
  /** Its keys count here too. */
  readonly also?: readonly Context[];
  /** By default; the first is shown. */
  readonly keys: readonly string[];
  /** Not offered by the palette: motions and the like. */
  readonly hidden?: true;
}

const table = {
  quit: { label: "Quit", context: "everywhere", keys: ["ctrl-q", "ctrl-c"] },
  back: { label: "Back", context: "everywhere", keys: ["esc"], hidden: true },
  palette: {
    label: "Go to a conversation or command",
    context: "everywhere",
    also: ["conversations"],
    keys: ["ctrl-p"],
  },
  help: { label: "Help", context: "everywhere", keys: ["f1"] },
  "next unread": { label: "Next unread conversation", context: "everywhere", keys: ["alt-a"] },
  "last conversation": { label: "Back and forth", context: "everywhere", keys: ["alt-s"] },
  "next conversation": { label: "Next conversation", context: "everywhere", keys: ["alt-down"] },
  "previous conversation": { label: "Previous conversation", context: "everywhere", keys: ["alt-up"] },
  "focus next": { label: "Next pane", context: "everywhere", keys: ["tab"], hidden: true },
  "focus previous": { label: "Previous pane", context: "everywhere", keys: ["shift-tab"], hidden: true },
  suspend: { label: "Suspend", context: "everywhere", keys: ["ctrl-z"] },
  redraw: { label: "Redraw", context: "everywhere", keys: ["ctrl-l"] },
  reconnect: { label: "Connect now", context: "everywhere", keys: [] },
  people: { label: "People", context: "everywhere", keys: ["alt-p"] },
  rooms: { label: "Rooms", context: "everywhere", keys: ["alt-r"] },
  "new group": { label: "New group or room", context: "everywhere", keys: ["alt-n"] },
  details: { label: "Details of this conversation", context: "everywhere", keys: ["alt-i"] },
  keys: { label: "Keys and devices", context: "everywhere", keys: ["alt-k"] },
  requests: { label: "Requests of strangers", context: "everywhere", keys: ["alt-q"] },
  verify: { label: "Compare the safety number", context: "everywhere", keys: ["alt-v"] },
  search: { label: "Search everywhere", context: "everywhere", keys: ["ctrl-f"] },
  settings: { label: "Settings", context: "everywhere", keys: ["alt-comma"] },
  relay: { label: "Relay and connection", context: "everywhere", keys: [] },
  check: { label: "Check what is wrong", context: "everywhere", keys: [] },
  mute: { label: "Mute: all, mentions, none", context: "everywhere", keys: [] },
  "log in": { label: "Log in again", context: "everywhere", keys: [] },
  "sign out": { label: "Sign this device out", context: "everywhere", keys: [] },

  accept: { label: "Accept this person", context: "decision", keys: ["a"] },
  block: { label: "Block this person", context: "decision", keys: ["b"] },
  unblock: { label: "Unblock this person", context: "decision", keys: ["u"] },

  send: { label: "Send", context: "composer", keys: ["enter"] },
  newline: { label: "New line", context: "composer", keys: ["alt-enter", "shift-enter", "ctrl-j"] },
  complete: { label: "Complete", context: "composer", keys: ["tab"], hidden: true },
  editor: { label: "Write in $EDITOR", context: "composer", keys: ["ctrl-o"] },
  "history older": { label: "Older message of mine", context: "composer", keys: ["up"], hidden: true },
  "history newer": { label: "Newer message of mine", context: "composer", keys: ["down"], hidden: true },
  "page up": { label: "Scroll up", context: "everywhere", keys: ["pageup"], hidden: true },
  "page down": { label: "Scroll down", context: "everywhere", keys: ["pagedown"], hidden: true },

  left: { label: "Left", context: "text", keys: ["left", "ctrl-b"], hidden: true },
  right: { label: "Right", context: "text", keys: ["right"], hidden: true },
  "word left": {
    label: "Word left",
    context: "text",
    keys: ["alt-b", "ctrl-left", "alt-left"],
    hidden: true,
  },
  "word right": {
    label: "Word right",
    context: "text",
    keys: ["alt-f", "ctrl-right", "alt-right"],
    hidden: true,
  },
  "line start": { label: "Start of line", context: "text", keys: ["ctrl-a", "home"], hidden: true },
  "line end": { label: "End of line", context: "text", keys: ["ctrl-e", "end"], hidden: true },
  "delete back": { label: "Delete back", context: "text", keys: ["backspace", "ctrl-h"], hidden: true },
  "delete forward": { label: "Delete forward", context: "text", keys: ["delete", "ctrl-d"], hidden: true },
  "kill word back": {
    label: "Cut word back",
    context: "text",
    keys: ["ctrl-w", "alt-backspace"],
    hidden: true,
  },
  "kill word forward": { label: "Cut word forward", context: "text", keys: ["alt-d"], hidden: true },
  "kill line": { label: "Cut to end of line", context: "text", keys: ["ctrl-k"], hidden: true },
  "kill line back": { label: "Cut to start of line", context: "text", keys: ["ctrl-u"], hidden: true },
  yank: { label: "Put back what was cut", context: "text", keys: ["ctrl-y"], hidden: true },
  "yank older": { label: "What was cut before that", context: "text", keys: ["alt-y"], hidden: true },
  undo: { label: "Undo", context: "text", keys: ["ctrl-_", "ctrl-slash"], hidden: true },
  redo: { label: "Redo", context: "text", keys: ["alt-_"], hidden: true },

  "select up": {
    label: "Up",
    context: "transcript",
    also: ["conversations"],
    keys: ["k", "up"],
    hidden: true,
  },
  "select down": {
    label: "Down",
    context: "transcript",
    also: ["conversations"],
    keys: ["j", "down"],
    hidden: true,
  },
  "select first": {
    label: "To the first",
    context: "transcript",
    also: ["conversations"],
    keys: ["g", "home"],
    hidden: true,
  },
  "select last": {
    label: "To the last",
    context: "transcript",
    also: ["conversations"],
    keys: ["G", "end"],
    hidden: true,
  },
  "half page up": { label: "Half a page up", context: "transcript", keys: ["ctrl-u"], hidden: true },
  "half page down": { label: "Half a page down", context: "transcript", keys: ["ctrl-d"], hidden: true },
  "next mention": { label: "Next mention of me", context: "transcript", keys: ["n"] },
  write: { label: "Write", context: "transcript", keys: ["i", "enter"] },
  reply: { label: "Reply", context: "transcript", keys: ["r"] },
  edit: { label: "Edit", context: "transcript", keys: ["e"] },
  delete: { label: "Delete", context: "transcript", keys: ["d"] },
  "send again": { label: "Send what failed again", context: "transcript", keys: ["s"] },
  "vote up": { label: "Vote up", context: "transcript", keys: ["+"] },
  "vote down": { label: "Vote down", context: "transcript", keys: ["-"] },
  react: { label: "React", context: "transcript", keys: [":"] },
  pin: { label: "Pin or unpin", context: "transcript", keys: ["p"] },
  copy: { label: "Copy", context: "transcript", keys: ["y"] },
  original: { label: "Go to what it answers", context: "transcript", keys: ["o"] },
  "message details": { label: "Who has it", context: "transcript", keys: ["v"] },
  why: { label: "Why can I not read this?", context: "transcript", keys: ["w"] },
  "search here": { label: "Search", context: "transcript", also: ["conversations"], keys: ["/"] },
  "help here": {
    label: "Help",
    context: "transcript",
    also: ["conversations"],
    keys: ["?"],
    hidden: true,
  },

  up: { label: "Up", context: "list", also: ["wizard"], keys: ["up", "ctrl-p"], hidden: true },
  down: { label: "Down", context: "list", also: ["wizard"], keys: ["down", "ctrl-n"], hidden: true },
  choose: { label: "Choose", context: "list", also: ["wizard"], keys: ["enter"], hidden: true },
  mark: { label: "Mark", context: "list", keys: ["space"], hidden: true },
} as const satisfies Record<string, CommandInfo>;

export type CommandName = keyof typeof table;
export const commands: Readonly<Record<CommandName, CommandInfo>> = table;
export const commandNames = Object.keys(table) as readonly CommandName[];
