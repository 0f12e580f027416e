import { parseDuration } from "../../duration.ts";
import { MAX_TEXT_BYTES } from "../../text-size.ts";
import { requestCalled } from "./barrier.ts";
import type { CommandName } from "./command.ts";
import { completions } from "./completion.ts";
import { accept, type Composer, composerWith, isWritten, menuOf, runComposer } from "./composer.ts";
import { goTo, rowOf } from "./conversation-list.ts";
import { decide } from "./decide.ts";
import type { Effect } from "./effect.ts";
import { note, withNotice } from "./notices.ts";
import { offersOf } from "./offers.ts";
import { asking } from "./screens/confirm.ts";
import { askedBy, type SlashName, slashCommands } from "./slash.ts";
import type { OpenConversation, State } from "./state.ts";
import type { Updated } from "./updated.ts";
import { whyNot } from "./why-not.ts";

/** What comes of it; `then`: a command for the rest of the program. */
export interface Submitted {
  readonly updated: Updated;
  readonly then?: CommandName;
}

/** Does what enter does: takes what the menu offers, or sends what the composer holds, or obeys it. */
export function submit(state: State): Submitted {
  const { open } = state;
  if (open === undefined) return { updated: [state, []] };
  const { composer, purpose } = open;
  const menu = menuOf(composer, offersOf(state));
  if (menu !== undefined && !isWritten(composer, menu)) {
    return { updated: withDraft(state, open, accept(composer, menu)) };
  }
  if (Buffer.byteLength(composer.text) > MAX_TEXT_BYTES) return { updated: refused(state, tooLong()) };
  if (purpose.kind === "edit") return { updated: submitEdit(state, open, purpose) };
  const asked = askedBy(composer.text);
  switch (asked.kind) {
    case "text":
      return { updated: send(state, open, asked.text) };
    case "unknown":
      return {
        updated: refused(
          state,
          `There is no command /${asked.name}. What begins with // is sent with one /.`,
        ),
      };
    case "command":
      return obey(state, open, asked.name, asked.rest);
  }
}

/** Back to a plain message: of an edit, to what was being written before it. */
export function giveUp(state: State): Updated {
  const { open } = state;
  if (open === undefined || open.purpose.kind === "message") return [state, []];
  const { purpose, composer } = open;
  const after = purpose.kind === "edit" ? composerWith(purpose.before, composer) : composer;
  return [{ ...state, open: { ...open, composer: after, purpose: { kind: "message" } } }, []];
}

/** What could not be sent is in the composer again, if nothing else is. */
export function giveBack(state: State): Updated {
  const { open } = state;
  if (open === undefined || open.composer.text !== "") return [state, []];
  const composer = runComposer(open.composer, "undo", completions(state));
  return composer === open.composer ? [state, []] : withDraft(state, open, composer);
}

export function tooLong(): string {
  return `This is too long: a message has at most ${MAX_TEXT_BYTES.toLocaleString("en")} bytes. Send it in parts.`;
}

/** Whether a change makes a text longer than what can be sent. */
export function outgrows(before: Composer, { text }: Composer): boolean {
  return text.length > before.text.length && Buffer.byteLength(text) > MAX_TEXT_BYTES;
}

function send(state: State, open: OpenConversation, written: string, expire?: number): Updated {
  const text = written.trimEnd();
  if (text === "") return [state, []];
  const why = whyNot(state);
  if (why !== undefined) return refused(state, why);
  const { name, purpose } = open;
  const effect: Effect = {
    kind: "send",
    conversation: name,
    text,
    ...(purpose.kind === "reply" ? { replyTo: purpose.id } : {}),
    ...(expire === undefined ? {} : { expire }),
  };
  // One wants to see what one sent, wherever one was reading.
  const again: readonly Effect[] = open.hasNewer ? [{ kind: "open", conversation: name }] : [];
  const [cleared, saved] = clear({ ...state, open: { ...open, anchor: { kind: "end" } } });
  return [cleared, [effect, ...saved, ...again]];
}

function submitEdit(
  state: State,
  open: OpenConversation,
  { id, key, before }: Extract<OpenConversation["purpose"], { kind: "edit" }>,
): Updated {
  const text = open.composer.text.trimEnd();
  if (text === "") return refused(state, "A message cannot be empty. To take it back, delete it.");
  const old = open.entries.find((entry) => entry.key === key);
  const isSame = old?.kind === "message" && old.text === text;
  const composer = runComposer(open.composer, { replaceWith: before }, completions(state));
  const after: State = { ...state, open: { ...open, composer, purpose: { kind: "message" } } };
  return [after, isSame ? [] : [{ kind: "edit", id, text }]];
}

function obey(state: State, open: OpenConversation, name: SlashName, rest: string): Submitted {
  const [first = "", ...others] = rest === "" ? [] : rest.split(/\s+/);
  const person = first.replace(/^@/, "");
  const wrong: Submitted = {
    updated: refused(state, `Write it so: /${name}${withSpace(slashCommands[name].usage)}`),
  };
  const does = (...effects: Effect[]): Submitted => {
    const [cleared, saved] = clear(state);
    return { updated: [cleared, [...saved, ...effects]] };
  };
  const enters = (effect: Effect): Submitted => {
    const [done, effects] = does(effect).updated;
    return { updated: [{ ...done, isEntering: true }, effects] };
  };
  const opens = (then: CommandName): Submitted => ({ updated: clear(state), then });
  const inGroup = (done: () => Submitted): Submitted => {
    const kind = open.head?.kind ?? rowOf(state, open.name)?.kind;
    if (kind === "group" || kind === "room") return done();
    return { updated: refused(state, `/${name} is for groups and rooms.`) };
  };
  switch (name) {
    case "join":
      return first === "" || others.length > 0 ? wrong : enters({ kind: "join room", name: first });
    case "invite":
      return first === ""
        ? wrong
        : inGroup(() => {
            const members = [first, ...others].map((member) => member.replace(/^@/, ""));
            return does(...members.map((member) => ({ kind: "invite", group: open.name, member }) as const));
          });
    case "remove":
      return first === "" || others.length > 0
        ? wrong
        : inGroup(() => does({ kind: "remove", group: open.name, member: person }));
    case "title":
      return rest === "" ? wrong : inGroup(() => does({ kind: "rename", group: open.name, title: rest }));
    case "leave":
      return rest !== ""
        ? wrong
        : inGroup(() => {
            const [cleared, saved] = clear(state);
            const question = asking(`Leave ${open.name}?`, "What is here stays here.", "Leave", [
              { kind: "leave", name: open.name },
            ]);
            return { updated: [{ ...cleared, screens: [...cleared.screens, question] }, saved] };
          });
    case "accept": {
      if (others.length > 0) return wrong;
      const whom = first === "" ? open.name : conversationCalled(state, first);
      return isStranger(state, whom)
        ? does({ kind: "accept person", name: whom })
        : enters({ kind: name, name: first === "" ? whom : first });
    }
    case "block":
    case "unblock": {
      if (others.length > 0) return wrong;
      const [cleared, saved] = clear(state);
      const [next, effects] = decide(
        cleared,
        name,
        person === "" ? open.name : conversationCalled(state, person),
      );
      return { updated: [next, [...saved, ...effects]] };
    }
    case "decline":
      return others.length > 0 ? wrong : does({ kind: name, name: first === "" ? open.name : first });
    case "mute": {
      const notify = (["all", "mentions", "none"] as const).find((level) => level === rest);
      return notify === undefined ? wrong : does({ kind: "mute", conversation: open.name, notify });
    }
    case "go": {
      if (first === "" || others.length > 0) return wrong;
      const [cleared, saved] = clear(state);
      const [gone, effects] = goTo(cleared, conversationCalled(state, first));
      return { updated: [gone, [...saved, ...effects]] };
    }
    case "msg": {
      const text = rest.slice(first.length).trim();
      return text === "" ? wrong : does({ kind: "send", conversation: first, text });
    }
    case "expire": {
      const expire = parseDuration(first);
      const text = rest.slice(first.length).trim();
      return expire === undefined || text === "" ? wrong : { updated: send(state, open, text, expire) };
    }
    case "group":
      return opens("new group");
    case "login":
      return opens("log in");
    case "logout":
      return opens("sign out");
    case "people":
    case "rooms":
    case "details":
    case "keys":
    case "search":
    case "settings":
    case "relay":
    case "requests":
    case "verify":
    case "check":
    case "help":
    case "quit":
      return opens(name);
  }
}

function isStranger(state: State, name: string): boolean {
  return requestCalled(state, name)?.kind === "person";
}

/** As it is in the list, however it was written; otherwise the name of a person. */
function conversationCalled({ conversations, requests }: State, written: string): string {
  const bare = written.toLowerCase().replace(/^[@#]/, "");
  return [...conversations, ...requests].find(({ name }) => name.replace(/^[@#]/, "") === bare)?.name ?? bare;
}

/** An empty composer for a plain message; to undo that gives the text back. */
function clear(state: State): Updated {
  const { open } = state;
  if (open === undefined) return [state, []];
  const composer = runComposer(open.composer, { replaceWith: "" }, completions(state));
  return withDraft(state, { ...open, purpose: { kind: "message" } }, composer);
}

function withDraft(state: State, open: OpenConversation, composer: Composer): Updated {
  const next: State = { ...state, open: { ...open, composer } };
  if (open.purpose.kind === "edit") return [next, []];
  return [next, [{ kind: "save draft", conversation: open.name, text: composer.text }]];
}

function refused(state: State, why: string): Updated {
  return [withNotice(state, note(why, "error", state.now)), []];
}

function withSpace(usage: string): string {
  return usage === "" ? "" : ` ${usage}`;
}
