import type { CommandName } from "./command.ts";
import { composerWith } from "./composer.ts";
import type { MessageEntry } from "./data.ts";
import { said } from "./notices.ts";
import { asking } from "./screens/confirm.ts";
import type { OpenConversation, Purpose, State } from "./state.ts";
import type { Updated } from "./updated.ts";

const EXCERPT = 200;

/** A command about a message of the open conversation. */
export function runOnMessage(
  state: State,
  open: OpenConversation,
  message: MessageEntry,
  command: CommandName,
): Updated {
  const { id, key, votes } = message;
  switch (command) {
    case "copy":
      return message.deleted ? [state, []] : [state, [{ kind: "copy", text: message.text }]];
    case "delete":
      return message.deleted ? [state, []] : [asked(state, message), []];
    case "send again":
      return message.state === "failed"
        ? [state, [{ kind: "send again", key }]]
        : [said(state, "This message has not failed."), []];
  }
  if (command === "why") return [said(state, "This message can be read."), []];
  // What nobody can read can be answered no better.
  if (message.deleted || message.content !== "text") return [state, []];
  switch (command) {
    case "reply": {
      const { from, text } = message;
      return [writing(state, open, { kind: "reply", id, key, from, text }, draftOf(open)), []];
    }
    case "edit":
      return message.own
        ? [writing(state, open, { kind: "edit", id, key, before: draftOf(open) }, message.text), []]
        : [state, []];
    case "vote up":
      return [state, [{ kind: "vote", id, value: votes.mine === "up" ? "none" : "up" }]];
    case "vote down":
      return [state, [{ kind: "vote", id, value: votes.mine === "down" ? "none" : "down" }]];
    case "pin":
      return [state, [{ kind: "pin", id, pinned: !message.pinned }]];
    default:
      return [state, []];
  }
}

/** What is written there that is not the text of an edit. */
function draftOf({ purpose, composer }: OpenConversation): string {
  return purpose.kind === "edit" ? purpose.before : composer.text;
}

function writing(state: State, open: OpenConversation, purpose: Purpose, text: string): State {
  const composer = text === open.composer.text ? open.composer : composerWith(text, open.composer);
  return { ...state, pane: "composer", open: { ...open, purpose, composer, selected: undefined } };
}

function asked(state: State, { id, key, own, from, text, state: how }: MessageEntry): State {
  const excerpt = text.slice(0, EXCERPT).replaceAll("\n", " ");
  const question = own
    ? "Delete this message for everybody?"
    : `Delete this message of ${from} for everybody?`;
  const screen =
    how === "failed"
      ? asking("Put this message away? Nobody else has it.", excerpt, "Put away", [{ kind: "put away", key }])
      : asking(question, excerpt, "Delete", [{ kind: "delete", id }]);
  return { ...state, screens: [...state.screens, screen] };
}
