// What has to be looked after now and then is looked after together: an idle process wakes once for all of it.
const BEAT_MS = 1_000;

interface Listener {
  readonly every: number;
  readonly beat: () => void;
  /** Somebody waits for it: the process stays. */
  readonly isAwaited: boolean;
}

const listeners = new Set<Listener>();
let timer: NodeJS.Timeout | undefined;
let beats = 0;

/** Calls `beat` every so many seconds, until the returned function is called. Keeps no process alive. */
export function everySeconds(every: number, beat: () => void): () => void {
  return listen({ every, beat, isAwaited: false });
}

/** Waits for as many seconds or, since others are waited for together, for less. Rejects when the signal aborts. */
export function seconds(many: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => () => {
      stop();
      signal.removeEventListener("abort", abort);
      settle();
    };
    const stop = listen({ every: many, beat: end(resolve), isAwaited: true });
    const abort = end(() => reject(signal.reason));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort);
  });
}

/** Waits for the next of the seconds at which everything is looked after. Keeps no process alive. */
export function nextSecond(): Promise<void> {
  return new Promise((resolve) => {
    const stop = everySeconds(1, () => {
      stop();
      resolve();
    });
  });
}

function listen(listener: Listener): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, BEAT_MS);
  keepAlive();
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    keepAlive();
  };
}

function keepAlive(): void {
  if ([...listeners].some(({ isAwaited }) => isAwaited)) timer?.ref();
  else timer?.unref();
}

function tick(): void {
  beats += 1;
  for (const { every, beat } of [...listeners]) if (beats % every === 0) beat();
}
