import { ChatError } from "../core/chat-error.ts";
import type { Output } from "./print.ts";

/** What a command works with, beside its own arguments. */
export interface Context {
  readonly output: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly profileName: string;
  /** The address that was asked for with --relay or CHAT_RELAY. */
  readonly relay: string | undefined;
  /** Aborts at Ctrl-C, with the ChatError to throw as its reason, and when nobody reads the output any more. */
  readonly signal: AbortSignal;
  readonly now: () => Date;
}

/** Settles with `work`, or throws `interrupted` as soon as somebody presses Ctrl-C. */
export async function unlessInterrupted<T>(context: Context, work: Promise<T>): Promise<T> {
  const { signal } = context;
  let stop: () => void = () => undefined;
  const interrupted = new Promise<never>((_, reject) => {
    stop = () => reject(new ChatError("interrupted", "Interrupted."));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    signal.removeEventListener("abort", stop);
    work.catch(() => undefined);
  }
}
