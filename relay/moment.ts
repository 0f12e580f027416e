/**
 * Something that comes once, or never. Thousands of streams wait for two such moments each: an AbortSignal takes a
 * kilobyte for it, and an Error with its stack when it comes.
 */
export class Moment {
  #hasCome = false;
  #listeners: (() => void)[] | undefined;

  get hasCome(): boolean {
    return this.#hasCome;
  }

  /** Not called for a moment that is past. */
  whenItComes(listener: () => void): void {
    if (this.#hasCome) return;
    if (this.#listeners === undefined) this.#listeners = [listener];
    else this.#listeners.push(listener);
  }

  /** It comes once. */
  come(): void {
    if (this.#hasCome) return;
    this.#hasCome = true;
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) listener();
  }
}
