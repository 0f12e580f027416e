import type { CommandName, Context } from "../command.ts";
import type { Loaded } from "../data.ts";
import type { Effect } from "../effect.ts";
import type { Failure } from "../event.ts";
import type { State } from "../state.ts";
import type { Screen } from "./screen.ts";

/** What comes of a command or a typed text. */
export interface Step<S extends Screen = Screen> {
  /** The screen as it is from now on; `close`: the one below is on top again. */
  readonly screen: S | "close";
  readonly effects?: readonly Effect[];
  /** A screen to lay over this one, or over the one below if this one closes. */
  readonly over?: Screen;
  /** A command for the rest of the program, after this one is closed or changed. */
  readonly command?: CommandName;
  /** A conversation to go to; with `around`, to the entry of that key. */
  readonly goTo?: { readonly conversation: string; readonly around?: string };
}

/** How a kind of screen behaves. `back` closes it unless `run` says otherwise. */
export interface Behaviour<S extends Screen> {
  /** Whose keys count on it, the first first; `everywhere` comes last by itself. */
  contexts(screen: S): readonly Context[];
  /** Undefined: not its business. */
  run(screen: S, command: CommandName, state: State): Step<S> | undefined;
  /** Text that was typed or pasted. */
  type(screen: S, text: string, state: State): Step<S>;
  /** A click or wheel on an item of it. */
  choose(screen: S, index: number, state: State): Step<S>;
  /** What an effect found, or why it failed. */
  take(screen: S, loaded: Loaded, state: State): Step<S> | undefined;
  fail(screen: S, effect: string, failure: Failure, state: State): S | Step<S> | undefined;
}
