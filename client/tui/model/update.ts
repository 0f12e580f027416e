// The model's one function: what happens, and what comes of it. Pure; never throws.
import { barrierOf } from "./barrier.ts";
import { type CommandName, type Context, commands } from "./command.ts";
import { completions } from "./completion.ts";
import { type Composer, cursorAt, dismissMenu, menuOf, runComposer, typeText } from "./composer.ts";
import {
  goTo,
  mute,
  nextConversation,
  nextUnread,
  runList,
  scrollList,
  takeConversations,
  visit,
} from "./conversation-list.ts";
import type { ChatData, Loaded } from "./data.ts";
import { decide } from "./decide.ts";
import { withPeople } from "./directory.ts";
import { takeDraft } from "./drafts.ts";
import type { Effect } from "./effect.ts";
import type { Event, Failure, Target } from "./event.ts";
import { commandFor, contextsOfCommand } from "./keymap.ts";
import { note, withNotice } from "./notices.ts";
import { offersOf } from "./offers.ts";
import {
  inPlace,
  loadFailed,
  runTranscript,
  scroll,
  select,
  takeEntries,
  takePart,
} from "./open-conversation.ts";
import type { Step } from "./screens/behaviour.ts";
import { detailsAgain } from "./screens/details.ts";
import { behaviourOf, screenFor } from "./screens/index.ts";
import type { Screen } from "./screens/screen.ts";
import { signedOut } from "./screens/sign-out.ts";
import { askedBy } from "./slash.ts";
import { type Notice, noticeOf, type State } from "./state.ts";
import { giveBack, giveUp, outgrows, submit, tooLong } from "./submit.ts";
import { afterReading } from "./unread.ts";
import type { Updated } from "./updated.ts";

const NOTICE_MS = 8_000;

export function update(state: State, event: Event): Updated {
  return afterReading(inPlace(state, happened(state, event)));
}

function happened(state: State, event: Event): Updated {
  switch (event.kind) {
    case "key": {
      const command = commandFor(state.keymap, contextsOf(state), event.key);
      if (command !== undefined) return run(state, command);
      return event.text === "" ? [state, []] : type(state, event.text);
    }
    case "paste":
      return type(state, event.text);
    case "command":
      return run(state, event.command);
    case "click":
      return click(state, event.target);
    case "wheel":
      return wheel(state, event);
    case "resize":
      return [{ ...state, columns: event.columns, rows: event.rows }, []];
    case "focus":
      return state.hasFocus === event.has
        ? [state, []]
        : [{ ...state, hasFocus: event.has }, [{ kind: "focus", has: event.has }]];
    case "time":
      return [{ ...state, now: event.now, notices: notLapsed(state.notices, event.now) }, []];
    case "loaded":
      return take(state, event.loaded);
    case "failed":
      return fail(state, event.effect, event.failure);
    case "chat":
      return takeChat(state, event.data);
  }
}

/** Whose keys count, the first first. */
export function contextsOf(state: State): readonly Context[] {
  const top = state.screens.at(-1);
  if (top !== undefined) return [...behaviourOf(top).contexts(top), "everywhere"];
  switch (state.pane) {
    case "composer":
      return barrierOf(state) === undefined ? ["composer", "text", "everywhere"] : ["decision", "everywhere"];
    case "transcript":
      return ["transcript", "everywhere"];
    case "conversations":
      return ["conversations", "list", "everywhere"];
  }
}

function run(state: State, command: CommandName): Updated {
  const top = state.screens.at(-1);
  if (top === undefined) return runChat(state, command);
  const step = behaviourOf(top).run(top, command, state);
  if (step !== undefined) return stepped(state, step);
  if (command === "back") return stepped(state, { screen: "close" });
  // What lies below a screen does not get its keys; what leads elsewhere works on it too.
  // Nor does anything lead away from the first run: there is nothing yet to go to.
  const leads = state.me === "" ? alwaysLeads : leadsAway;
  return screenFor(state, command) !== undefined || leads.has(command)
    ? runChat(state, command)
    : [state, []];
}

const alwaysLeads: ReadonlySet<CommandName> = new Set(["quit", "suspend", "redraw"]);

const leadsAway: ReadonlySet<CommandName> = new Set([
  ...alwaysLeads,
  "reconnect",
  "mute",
  "accept",
  "block",
  "unblock",
  "next unread",
  "last conversation",
  "next conversation",
  "previous conversation",
]);

/** Commands of the conversation and of the program. */
function runChat(state: State, command: CommandName): Updated {
  const found = screenFor(state, command);
  if (found !== undefined) {
    const below = state.screens.filter(({ kind }) => kind !== found.screen.kind);
    return [{ ...state, screens: [...below, found.screen] }, found.effects];
  }
  switch (command) {
    case "quit":
    case "suspend":
    case "redraw":
    case "reconnect":
      return [state, [{ kind: command }]];
    case "next unread":
      return nextUnread({ ...state, screens: [] });
    case "last conversation":
      return state.last === undefined ? [state, []] : goTo({ ...state, screens: [] }, state.last);
    case "next conversation":
      return nextConversation({ ...state, screens: [] }, 1);
    case "previous conversation":
      return nextConversation({ ...state, screens: [] }, -1);
    case "focus next":
      return [withPane(state, 1), []];
    case "focus previous":
      return [withPane(state, -1), []];
    case "page up":
    case "page down":
      return state.pane === "conversations" ? runList(state, command) : scroll(state, command);
    case "complete": {
      const completed = withComposer(state, (composer) => runComposer(composer, command, completions(state)));
      // Where there is nothing to complete, tab does what it does elsewhere.
      return completed[0] === state ? [withPane(state, 1), []] : completed;
    }
    case "mute":
      return mute(state);
    case "accept":
    case "block":
    case "unblock":
      return decide({ ...state, screens: [] }, command);
    case "back":
      return back(state);
    case "send":
      return sent(state);
    case "editor":
      return state.open === undefined
        ? [state, []]
        : [state, [{ kind: "edit outside", conversation: state.open.name, text: state.open.composer.text }]];
    default:
      if (
        state.pane === "conversations" &&
        contextsOfCommand(command).some((at) => contextsOf(state).includes(at))
      )
        return runList(state, command);
      // The palette offers what is done to a message wherever the keys are: then it is the newest.
      if (state.pane === "transcript") return runTranscript(state, command);
      if (commands[command].context === "transcript") return onNewest(state, command);
      return withComposer(state, (composer) => runComposer(composer, command, completions(state)));
  }
}

function onNewest(state: State, command: CommandName): Updated {
  const chosen = select({ ...state, pane: "transcript" });
  const opening = screenFor(chosen, command);
  if (opening === undefined) return runTranscript(chosen, command);
  return [{ ...chosen, screens: [...chosen.screens, opening.screen] }, opening.effects];
}

function sent(state: State): Updated {
  const { updated, then } = submit(state);
  if (then === undefined) return updated;
  const [next, effects] = updated;
  const [done, more] = runChat(next, then);
  return [done, [...effects, ...more]];
}

const panes: readonly State["pane"][] = ["conversations", "transcript", "composer"];

function withPane(state: State, by: number): State {
  const pane = panes[(panes.indexOf(state.pane) + by + panes.length) % panes.length] ?? "composer";
  return select({ ...state, pane, listCursor: state.listCursor ?? state.open?.name });
}

/** One step back: to the composer, out of its menu, out of a reply or an edit; then notices are put away. */
function back(state: State): Updated {
  const { open, pane, notices } = state;
  if (pane !== "composer") return [select({ ...state, pane: "composer", listCursor: undefined }), []];
  const menu = open && menuOf(open.composer, offersOf(state));
  if (menu !== undefined) return withComposer(state, (composer) => dismissMenu(composer, menu));
  if (open !== undefined && open.purpose.kind !== "message") return giveUp(state);
  if (notices.length > 0) return [{ ...state, notices: [] }, []];
  // A stranger can wait: he is no conversation to stay in.
  return barrierOf(state) === "request" && state.last !== undefined ? goTo(state, state.last) : [state, []];
}

function type(state: State, text: string): Updated {
  const top = state.screens.at(-1);
  if (top !== undefined) return stepped(state, behaviourOf(top).type(top, text, state));
  if (state.open === undefined || barrierOf(state) !== undefined) return [state, []];
  return withComposer(select({ ...state, pane: "composer" }), (composer) => typeText(composer, text));
}

/** `isWritten`: here, so that it may be refused. */
function withComposer(state: State, change: (composer: Composer) => Composer, isWritten = true): Updated {
  const { open } = state;
  if (open === undefined) return [state, []];
  const composer = change(open.composer);
  if (composer === open.composer) return [state, []];
  if (isWritten && outgrows(open.composer, composer)) {
    return [withNotice(state, note(tooLong(), "error", state.now)), []];
  }
  const changed = { ...state, open: { ...open, composer } };
  if (composer.text === open.composer.text) return [changed, []];
  const effects: Effect[] = [];
  if (open.purpose.kind !== "edit")
    effects.push({ kind: "save draft", conversation: open.name, text: composer.text });
  if (composer.text !== "" && askedBy(composer.text).kind === "text")
    effects.push({ kind: "typing", conversation: open.name });
  return [changed, effects];
}

function click(state: State, target: Target): Updated {
  const top = state.screens.at(-1);
  switch (target.kind) {
    case "item":
      return top === undefined
        ? [state, []]
        : stepped(state, behaviourOf(top).choose(top, target.index, state));
    case "command":
      return run(state, target.command);
    case "conversation":
      return visit({ ...state, screens: [] }, target.name);
    case "message":
      return [select({ ...state, pane: "transcript" }, target.key), []];
    case "composer":
      return withComposer(select({ ...state, pane: "composer" }), (composer) =>
        cursorAt(composer, target.offset),
      );
  }
}

function wheel(state: State, { target, lines }: Extract<Event, { kind: "wheel" }>): Updated {
  if (target?.kind === "conversation") return [scrollList(state, lines), []];
  return state.screens.length === 0 ? scroll(state, lines) : run(state, lines < 0 ? "up" : "down");
}

/** What comes of a step of the screen on top. */
function stepped(state: State, { screen, effects = [], over, command, goTo: where }: Step): Updated {
  const below = state.screens.slice(0, -1);
  const screens = [...below, ...(screen === "close" ? [] : [screen]), ...(over === undefined ? [] : [over])];
  let next: State = { ...state, screens };
  const all = [...effects];
  if (where !== undefined) {
    const [gone, more] = goTo({ ...next, screens: [] }, where.conversation, where.around);
    next = gone;
    all.push(...more);
  }
  if (command !== undefined) {
    const [done, more] = runChat(next, command);
    next = done;
    all.push(...more);
  }
  return [next, all];
}

/**
 * What an effect found or why it failed belongs to the uppermost screen that makes something of it: others may have
 * been laid over it meanwhile.
 */
function offered(state: State, answer: (screen: Screen) => Step | undefined): Updated | undefined {
  for (const [at, screen] of [...state.screens.entries()].reverse()) {
    const step = answer(screen);
    if (step === undefined) continue;
    const [next, effects] = stepped({ ...state, screens: state.screens.slice(0, at + 1) }, step);
    const above = step.goTo === undefined ? state.screens.slice(at + 1) : [];
    return [{ ...next, screens: [...next.screens, ...above] }, effects];
  }
  return undefined;
}

function take(before: State, loaded: Loaded): Updated {
  if (loaded.what === "people") return [{ ...before, directory: withPeople(before.directory, loaded) }, []];
  const state =
    loaded.what === "done" && loaded.said !== undefined
      ? withNotice(before, note(loaded.said, "note", before.now))
      : before;
  const taken = offered(state, (screen) => behaviourOf(screen).take(screen, loaded, state));
  if (taken !== undefined) return taken;
  switch (loaded.what) {
    case "transcript":
    case "older":
    case "newer":
      return takePart(state, loaded);
    case "edited":
      return loaded.conversation === state.open?.name
        ? withComposer(
            state,
            (composer) => runComposer(composer, { replaceWith: loaded.text }, completions(state)),
            false,
          )
        : [
            takeDraft(state, loaded.conversation, loaded.text),
            [{ kind: "save draft", conversation: loaded.conversation, text: loaded.text }],
          ];
    case "done": {
      const { effect, conversation } = loaded;
      // Wherever one is meanwhile: as before there was an account, nothing is left to go to.
      if (effect === "sign out") return [{ ...emptied(state), screens: [signedOut] }, []];
      const isIn = state.isEntering && (effect === "join room" || effect === "accept");
      return isIn && conversation !== undefined ? goTo(state, conversation) : [state, []];
    }
    default:
      return [state, []];
  }
}

function emptied(state: State): State {
  const nothing = { conversations: [], requests: [], blocked: [], notices: [] };
  return { ...state, ...nothing, me: "", open: undefined, last: undefined, pane: "composer" };
}

function fail(state: State, effect: string, failure: Failure): Updated {
  const taken = offered(state, (screen) => {
    const after = behaviourOf(screen).fail(screen, effect, failure, state);
    return after === undefined || "screen" in after ? after : { screen: after };
  });
  if (taken !== undefined) return taken;
  const told = withNotice(loadFailed(state, effect), noticeOf(failure, state.now));
  return effect === "send" || effect === "edit" ? giveBack(told) : [told, []];
}

function takeChat(state: State, data: ChatData): Updated {
  switch (data.what) {
    case "conversations":
      return takeConversations(state, data.rows, data.isWhole);
    case "entries":
      return takeEntries(state, data);
    case "head":
      return state.open?.name === data.conversation
        ? [
            { ...state, open: { ...state.open, head: data.head } },
            detailsAgain(state.screens, data.conversation),
          ]
        : [state, []];
    case "requests":
      return [{ ...state, requests: data.requests, blocked: data.blocked }, []];
    case "typing":
      return [{ ...state, typing: new Map(state.typing).set(data.conversation, data.names) }, []];
    case "presence":
      return [{ ...state, present: new Set(data.present) }, []];
    case "connection":
      return [{ ...state, connection: data.connection }, []];
    case "alarm":
      return [withNotice(state, note(data.text, "alarm", state.now)), [{ kind: "bell" }]];
    case "note":
      return [withNotice(state, note(data.text, "note", state.now)), []];
    case "me":
      return [{ ...state, me: data.name }, []];
    case "settings":
      return [{ ...state, settings: { ...state.settings, ...data.settings } }, []];
    case "draft":
      return [takeDraft(state, data.conversation, data.text), []];
  }
}

/** Alarms stay until somebody puts them away. */
function notLapsed(notices: readonly Notice[], now: number): readonly Notice[] {
  const kept = notices.filter(({ gravity, at }) => gravity === "alarm" || now - at < NOTICE_MS);
  return kept.length === notices.length ? notices : kept;
}
