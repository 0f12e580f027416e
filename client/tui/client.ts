import { safeText } from "../safe-text.ts";
import { failureOf } from "./effects/adapt.ts";
import type { Input } from "./keys.ts";
import { stop, watchLifetime, withoutInterrupts } from "./lifetime.ts";
import type { ConversationRow } from "./model/data.ts";
import type { Effect } from "./model/effect.ts";
import type { Event } from "./model/event.ts";
import { initialState } from "./model/initial.ts";
import type { State } from "./model/state.ts";
import { update } from "./model/update.ts";
import type { Updated } from "./model/updated.ts";
import { Bursts, type Notification, notificationSequence, notificationWay } from "./notification.ts";
import { type Perform, Runtime, type Tell } from "./runtime.ts";
import { type Streams, Terminal } from "./terminal.ts";
import { mount, type Screen } from "./views/app.tsx";
import { type Frame, frameOf, targetAt } from "./views/frame.ts";
import { readerFrameOf } from "./views/reader.ts";

const HANGUP = 129;
const WHEEL_LINES = 3;
/** A stopped process group goes on only if somebody continues it; if the kernel did not stop it, after this. */
const UNSTOPPED_MS = 100;
const MINUTE = 60_000;

/** Model, terminal and process joined: a full-screen client, without knowing what effects do. */
export class Client {
  readonly #terminal: Terminal;
  readonly #runtime: Runtime;
  readonly #perform: Perform;
  readonly #hasColors: boolean;
  readonly #ended = Promise.withResolvers<number>();
  readonly #forgetLifetime: () => void;
  readonly #screen: Screen;
  readonly #bursts = new Bursts();
  #frame: Frame | undefined;
  #drawn: State | undefined;
  /** Another program has the terminal. */
  #isLent = false;

  constructor(
    streams: Streams,
    hasColors: boolean,
    known: Pick<State, "me" | "screens"> & Partial<State>,
    perform: Perform,
  ) {
    this.#hasColors = hasColors;
    this.#perform = perform;
    this.#terminal = new Terminal(streams, {
      input: (inputs) => this.#runtime.act(inputs.flatMap((input) => eventsOf(input, this.#frame))),
      resize: () => this.tell({ kind: "resize", ...this.#terminal.size }),
      gone: () => this.end(HANGUP),
    });
    const state = initialState({ ...this.#terminal.size, now: Date.now(), ...known });
    this.#runtime = new Runtime(state, {
      update: updateOrQuit,
      perform: (effect, tell) => this.#do(effect, tell),
      draw: (state) => this.#draw(state),
      explain: failureOf,
    });
    this.#screen = mount(this.#terminal.canvas, streams.input);
    this.#forgetLifetime = watchLifetime({
      end: (status) => this.end(status),
      lastly: () => this.#terminal.leave(),
      suspend: this.#suspend,
      resume: () => this.#resume(),
      tick: () => this.#tick(),
    });
    this.#terminal.enter();
    this.#runtime.redraw();
  }

  /** Settles with the exit status, when the terminal is given back. */
  get ended(): Promise<number> {
    return this.#ended.promise;
  }

  get tell(): Tell {
    return this.#runtime.tell;
  }

  /** Says that something failed which no effect of the model was. */
  fail(what: string, error: unknown): void {
    this.tell({ kind: "failed", effect: what, failure: failureOf(error) });
  }

  readonly end = (status: number): void => {
    this.#runtime.stop();
    this.#terminal.leave();
    this.#screen.end();
    this.#forgetLifetime();
    this.#ended.resolve(status);
  };

  /** Gives the terminal to another program until `work` is done. */
  readonly handOver = async <T>(work: () => Promise<T>): Promise<T> => {
    this.#isLent = true;
    this.#terminal.leave();
    try {
      return await withoutInterrupts(work);
    } finally {
      this.#isLent = false;
      this.#resume();
    }
  };

  /** Once a burst, and only while somebody looks elsewhere. */
  readonly notify = (notification: Notification): void => {
    if (this.#runtime.state.hasFocus || !this.#bursts.begins(performance.now())) return;
    this.#terminal.notify(notificationSequence(way, notification));
    this.#terminal.bell();
  };

  #do(effect: Effect, tell: Tell): void | Promise<void> {
    switch (effect.kind) {
      case "quit":
        return this.end(0);
      case "suspend":
        return this.#suspend();
      case "redraw":
        return this.#redraw();
      case "bell":
        return this.#runtime.state.settings.bell ? this.#terminal.bell() : undefined;
      case "copy":
        return this.#terminal.copy(effect.text);
      default:
        return this.#perform(effect, tell);
    }
  }

  readonly #suspend = (): void => {
    this.#terminal.leave();
    // The program that has the terminal is in the same group, and was told by whoever told this one.
    stop(this.#isLent ? "process" : "group", this.#suspend);
    setTimeout(() => this.#resume(), UNSTOPPED_MS);
  };

  #resume(): void {
    if (this.#runtime.isStopped || this.#isLent) return;
    // Whoever stopped it from outside left the terminal as it was, or half as a shell likes it.
    this.#terminal.leave();
    this.#terminal.enter();
    this.tell({ kind: "resize", ...this.#terminal.size });
    this.#redraw();
  }

  #redraw(): void {
    this.#drawn = undefined;
    this.#runtime.redraw();
  }

  #tick(): void {
    const { state } = this.#runtime;
    const now = Date.now();
    const lapses = state.notices.length > 0 || state.typing.size > 0;
    if (lapses || Math.floor(now / MINUTE) !== Math.floor(state.now / MINUTE))
      this.tell({ kind: "time", now });
  }

  #draw(state: State): void {
    const { canvas } = this.#terminal;
    const before = this.#drawn;
    this.#drawn = state;
    const frame = frameFor(state);
    this.#frame = frame;
    this.#terminal.setMouse(state.settings.mouse);
    if (before?.conversations !== state.conversations) this.#terminal.setTitle(titleOf(state));
    canvas.inOnePiece(() => {
      if (before?.columns !== state.columns || before.rows !== state.rows) {
        canvas.columns = state.columns;
        canvas.rows = state.rows;
        canvas.wipe(() => this.#screen.forget());
      }
      this.#screen.draw(frame, this.#hasColors ? state.settings.theme : "plain", state.columns);
    });
  }
}

function titleOf({ conversations }: State): string {
  const unread = conversations.filter((row) => isLoud(row) && row.unread > 0).length;
  return unread === 0 ? "Sotto" : `(${unread}) Sotto`;
}

function isLoud({ notify, mentions }: ConversationRow): boolean {
  return notify === "all" || (notify === "mentions" && mentions > 0);
}

const way = notificationWay(process.env);

/** Ink looks at the same, and draws text line by line then. */
const isReadOut = process.env["INK_SCREEN_READER"] === "true";

/** A screen that fails at every key must not keep anybody in. */
function updateOrQuit(state: State, event: Event): Updated {
  try {
    return update(state, event);
  } catch (error) {
    if (event.kind === "key" && event.key === "ctrl-c") return [state, [{ kind: "quit" }]];
    throw error;
  }
}

/** A text that a view cannot cope with must not take the client with it, nor the way out of it. */
function frameFor(state: State): Frame {
  try {
    return isReadOut ? readerFrameOf(state) : frameOf(state);
  } catch (error) {
    const sentence = `This cannot be shown: ${error instanceof Error ? error.message : "unknown"}`;
    const rows = Array.from({ length: state.rows }, (_, y) => ({
      spans: [{ text: safeText(y === 0 ? sentence.slice(0, state.columns) : ""), style: "plain" as const }],
    }));
    return { rows, cursor: undefined, hits: [] };
  }
}

function eventsOf(input: Input, frame: Frame | undefined): Event[] {
  if (input.kind !== "mouse") return [input];
  const target = frame && targetAt(frame, input.x, input.y);
  if (input.what === "click") return target === undefined ? [] : [{ kind: "click", target }];
  return [{ kind: "wheel", target, lines: input.what === "wheel up" ? -WHEEL_LINES : WHEEL_LINES }];
}
