import { randomInt } from "node:crypto";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { findRelay, wayTo } from "../../core/account/find-relay.ts";
import { recoveryFile } from "../../core/account/recovery-file.ts";
import { checkNameIsFree, checkNewName, register } from "../../core/account/register.ts";
import { renewLogin } from "../../core/account/renew-login.ts";
import { type Standing, standingOf } from "../../core/account/standing.ts";
import { type AskPassphrase, createKey, readKey, unlockProfile } from "../../core/account/unlock-profile.ts";
import { ChatError } from "../../core/chat-error.ts";
import { chooseRelay } from "../../core/connection/connect.ts";
import { explainFailure } from "../../core/explain-failure.ts";
import { closeProfile, type Profile, type ProfilePaths } from "../../core/profile.ts";
import type { FirstRunAnswer, RelayFound, Unfinished } from "../model/data.ts";
import type { FirstRunQuestion } from "../model/effect.ts";
import type { Tell } from "../runtime.ts";
import type { OwnRelay } from "./own-relay.ts";

const WORDS_ASKED = 3;

export interface FirstRunParts {
  readonly paths: ProfilePaths;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly passphrase: AskPassphrase;
  readonly ownRelay: OwnRelay;
  /** There is an account, and its profile is open. */
  readonly enter: (profile: Profile) => void;
}

type Credentials = Extract<FirstRunQuestion, { readonly kind: "register" | "sign in" }>;

/** What the wizard asks for, one thing at a time. */
export class FirstRun {
  readonly #parts: FirstRunParts;
  #passphrase: AskPassphrase;
  #questions = 0;
  /** The registration under way: it waits until the words are kept. */
  #underWay: Promise<Profile> | undefined;
  #words: readonly string[] = [];
  #keepWords: () => void = () => undefined;

  constructor(parts: FirstRunParts) {
    this.#parts = parts;
    this.#passphrase = parts.passphrase;
  }

  /** Rejects with why it did not work. What comes after another question was asked is not told. */
  async ask(question: FirstRunQuestion, tell: Tell): Promise<void> {
    this.#questions += 1;
    const mine = this.#questions;
    const isWanted = () => mine === this.#questions;
    try {
      for await (const step of this.#answers(question, tell)) {
        if (isWanted()) tell({ kind: "loaded", loaded: { what: "first run", step } });
      }
    } catch (error) {
      if (isWanted()) throw atScreen(error);
    }
  }

  async *#answers(question: FirstRunQuestion, tell: Tell): AsyncGenerator<FirstRunAnswer> {
    switch (question.kind) {
      case "unlock":
        yield await this.#unlock(question.passphrase, tell);
        return;
      case "find relay":
        yield { kind: "relay found", relay: await this.#find(question.address) };
        return;
      case "start relay": {
        const { url } = await this.#parts.ownRelay.start();
        yield { kind: "relay found", relay: this.#relay(url) };
        return;
      }
      case "check name": {
        const name = checkNewName(question.name);
        await checkNameIsFree(name, chooseRelay(question.relay));
        yield { kind: "name free", name };
        return;
      }
      case "register":
        yield* this.#orWhatIsLeft(this.#register(question));
        return;
      case "sign in":
        yield* this.#orWhatIsLeft(this.#signIn(question, tell));
        return;
      case "save words": {
        const path = resolve(question.path.replace(/^~(?=\/|$)/, homedir()));
        recoveryFile(path).keep(this.#words);
        yield { kind: "words saved", path };
        return;
      }
      case "words kept":
        yield* this.#orWhatIsLeft(this.#finish(tell));
        return;
      case "never mind":
        return;
    }
  }

  async #find(address: string): Promise<RelayFound> {
    const { ownRelay } = this.#parts;
    if (address === ownRelay.address) await ownRelay.start();
    return this.#relay((await findRelay(address)).url);
  }

  #relay(url: string): RelayFound {
    return relayAt(url, this.#parts.ownRelay);
  }

  async #unlock(passphrase: string, tell: Tell): Promise<FirstRunAnswer> {
    const given = async () => passphrase;
    const standing = await standingOf(this.#parts.paths, given);
    this.#passphrase = given;
    if (standing.kind === "ready") return this.#enter(standing.profile, "opened", tell);
    const unfinished = unfinishedOf(standing, this.#parts.ownRelay);
    return unfinished === undefined ? { kind: "nothing here" } : { kind: "unfinished", unfinished };
  }

  /** Goes on with the keys of a registration that was cut, if there was one. */
  async #register({ name, password, relay }: Credentials): Promise<FirstRunAnswer> {
    const { paths, environment, ownRelay } = this.#parts;
    if (relay === ownRelay.address) await ownRelay.start();
    const shown = Promise.withResolvers<readonly string[]>();
    const kept = Promise.withResolvers<void>();
    this.#keepWords = kept.resolve;
    this.#underWay = register({
      name,
      password,
      relay: chooseRelay(relay),
      paths,
      readKey: () => readKey(paths, this.#passphrase),
      createKey: () => createKey(paths, environment, this.#passphrase),
      words: {
        keep: () => undefined,
        discard: () => undefined,
        handOver: (words) => {
          shown.resolve(words);
          return kept.promise;
        },
      },
    });
    // Whoever asks for its end hears of it.
    this.#underWay.catch(shown.reject);
    this.#words = await shown.promise;
    const file = join(homedir(), `sotto-recovery-${name}.txt`);
    return { kind: "words", words: this.#words, places: somePlaces(this.#words.length), file };
  }

  async #finish(tell: Tell): Promise<FirstRunAnswer> {
    this.#keepWords();
    const profile = await this.#underWay;
    if (profile === undefined) return { kind: "nothing here" };
    this.#words = [];
    return this.#enter(profile, "registered", tell);
  }

  /** An account that is made: logs in first, so that a wrong password is found out before the words are shown. */
  async #signIn(credentials: Credentials, tell: Tell): Promise<FirstRunAnswer> {
    const { paths, ownRelay } = this.#parts;
    if (credentials.relay === ownRelay.address) await ownRelay.start();
    const profile = await unlockProfile(paths, this.#passphrase);
    try {
      await renewLogin(profile, credentials.password, credentials.relay);
    } finally {
      closeProfile(profile);
    }
    const standing = await standingOf(paths, this.#passphrase);
    if (standing.kind === "ready") return this.#enter(standing.profile, "registered", tell);
    return this.#register(credentials);
  }

  /** When it fails half-way, the wizard is told where it stands before it is told why. */
  async *#orWhatIsLeft(work: Promise<FirstRunAnswer>): AsyncGenerator<FirstRunAnswer> {
    try {
      yield await work;
    } catch (error) {
      const standing = await standingOf(this.#parts.paths, this.#passphrase);
      if (standing.kind === "ready") closeProfile(standing.profile);
      const unfinished = unfinishedOf(standing, this.#parts.ownRelay);
      if (unfinished !== undefined) yield { kind: "unfinished", unfinished };
      throw error;
    }
  }

  #enter(profile: Profile, kind: "registered" | "opened", tell: Tell): FirstRunAnswer {
    tell({ kind: "chat", data: { what: "me", name: profile.identity.name } });
    this.#parts.enter(profile);
    return { kind };
  }
}

export function unfinishedOf(standing: Standing, ownRelay: OwnRelay): Unfinished | undefined {
  if (standing.kind !== "begun" && standing.kind !== "made") return undefined;
  const { kind: stage, name, relayUrl } = standing;
  return { stage, name, relay: relayAt(relayUrl, ownRelay) };
}

function relayAt(url: string, ownRelay: OwnRelay): RelayFound {
  return { url, way: wayTo(chooseRelay(url)), isOwn: url === ownRelay.address };
}

/** Hints of the command line are of no use here. */
function atScreen(error: unknown): ChatError {
  const { code, message, hint } = explainFailure(error);
  if (hint === undefined || !/--[a-z]|CHAT_|chat login|chat register|^Start one/.test(hint)) {
    return new ChatError(code, message, { ...(hint === undefined ? {} : { hint }), cause: error });
  }
  const own = code === "relay_unreachable" ? { hint: "Enter tries again, Esc goes back." } : {};
  return new ChatError(code, message, { ...own, cause: error });
}

/** Some of so many, in order. */
function somePlaces(count: number): number[] {
  const places = new Set<number>();
  while (places.size < Math.min(WORDS_ASKED, count)) places.add(randomInt(count));
  return [...places].sort((one, other) => one - other);
}
