import type { Command } from "commander";
import type { Context } from "./context.ts";

/** What the descriptions of commands are made with. */
export interface Commands {
  readonly command: (name: string, description: string) => Command;
  readonly contextOf: (made: Command) => Context;
  /** Adds the options that every command takes. */
  readonly common: (command: Command) => Command;
}
