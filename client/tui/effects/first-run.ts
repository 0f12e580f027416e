import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { addThisDevice } from "../../core/account/add-this-device.ts";
import { findRelay, wayTo } from "../../core/account/find-relay.ts";
import { proveAccount } from "../../core/account/prove-account.ts";
import { recoveryFile } from "../../core/account/recovery-file.ts";
import { checkNameIsFree, checkNewName, register } from "../../core/account/register.ts";
import { relayDoors } from "../../core/account/relay-details.ts";
import { renewLogin } from "../../core/account/renew-login.ts";
import { resetPassword } from "../../core/account/reset-password.ts";
import { type SetUpStage, setUpStageOf } from "../../core/account/set-up-stage.ts";
import { type AskPassphrase, createKey, readKey, unlockProfile } from "../../core/account/unlock-profile.ts";
import { ChatError } from "../../core/chat-error.ts";
import { chooseRelay } from "../../core/connection/connect.ts";
import { explainFailure } from "../../core/explain-failure.ts";
import { closeProfile, type Profile, type ProfilePaths } from "../../core/profile.ts";
import { safeText } from "../../safe-text.ts";
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

type Question<Kind extends FirstRunQuestion["kind"]> = FirstRunQuestion & { readonly kind: Kind };
type Credentials = Pick<Question<"register">, "name" | "password" | "relay">;

/** What the wizard asks for, one thing at a time. */
export class FirstRun {
  readonly #parts: FirstRunParts;
  #passphrase: AskPassphrase;
  #questions = 0;
  /** The registration under way: it waits until the words are kept. */
  #underWay: Promise<Profile> | undefined;
  #words: readonly string[] = [];
  #keepWords: () => void = () => undefined;
  /** Of an account that there is: this machine is about to become a device of it. */
  #proven: Credentials | undefined;

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
        yield { kind: "relay found", relay: await this.#relay(url) };
        return;
      }
      case "check name": {
        const name = checkNewName(question.name);
        await checkNameIsFree(name, chooseRelay(question.relay), question.invitation);
        yield { kind: "name free", name };
        return;
      }
      case "register":
        yield* this.#orWhatIsLeft(this.#register(question));
        return;
      case "sign in":
        yield* this.#orWhatIsLeft(this.#signIn(question, tell));
        return;
      case "prove":
        yield { kind: "password right", devices: await this.#prove(question) };
        return;
      case "add device":
        yield* this.#orWhatIsMade(this.#addDevice(question.words, question.signOutOthers, tell));
        return;
      case "reset password":
        yield* this.#orWhatIsMade(this.#resetPassword(question, tell));
        return;
      case "read words":
        yield { kind: "words read", text: safeText(readWords(question.path)) };
        return;
      case "save words": {
        const path = fromHome(question.path);
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

  /** A relay that does not say who may register there may be asked for an account. */
  async #relay(url: string): Promise<RelayFound> {
    const doors = await relayDoors(chooseRelay(url)).catch(() => undefined);
    return { ...relayAt(url, this.#parts.ownRelay), registration: doors?.registration };
  }

  async #unlock(passphrase: string, tell: Tell): Promise<FirstRunAnswer> {
    const given = async () => passphrase;
    const standing = await setUpStageOf(this.#parts.paths, given);
    this.#passphrase = given;
    if (standing.kind === "ready") return this.#enter(standing.profile, "opened", tell);
    const unfinished = unfinishedOf(standing, this.#parts.ownRelay);
    return unfinished === undefined ? { kind: "nothing here" } : { kind: "unfinished", unfinished };
  }

  /** Goes on with the keys of a registration that was cut, if there was one. */
  async #register({
    name,
    password,
    relay,
    invitation,
  }: Credentials & { invitation: string }): Promise<FirstRunAnswer> {
    await this.#started(relay);
    const shown = Promise.withResolvers<readonly string[]>();
    const kept = Promise.withResolvers<void>();
    this.#keepWords = kept.resolve;
    this.#underWay = register({
      name,
      password,
      relay: chooseRelay(relay),
      invitation,
      ...this.#keys(),
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
    const { paths } = this.#parts;
    await this.#started(credentials.relay);
    const profile = await unlockProfile(paths, this.#passphrase);
    try {
      await renewLogin(profile, credentials.password, credentials.relay);
    } finally {
      closeProfile(profile);
    }
    const standing = await setUpStageOf(paths, this.#passphrase);
    if (standing.kind === "ready") return this.#enter(standing.profile, "registered", tell);
    return this.#register({ ...credentials, invitation: "" });
  }

  /** How many devices the account has. */
  async #prove({ name, password, relay }: Credentials): Promise<number> {
    await this.#started(relay);
    const devices = await proveAccount(checkNewName(name), password, chooseRelay(relay));
    this.#proven = { name, password, relay };
    return devices;
  }

  async #addDevice(words: string, signOutOthers: boolean, tell: Tell): Promise<FirstRunAnswer> {
    if (this.#proven === undefined) return { kind: "nothing here" };
    const { name, password, relay } = this.#proven;
    const profile = await addThisDevice({
      name: checkNewName(name),
      password,
      words: async () => words,
      signOutOthers,
      relay: chooseRelay(relay),
      ...this.#keys(),
    });
    this.#proven = undefined;
    const text = `This machine is a device of ${name} now. What was said before stays on your other devices.`;
    const entered = this.#enter(profile, "opened", tell);
    tell({ kind: "chat", data: { what: "note", text: safeText(text) } });
    return entered;
  }

  async #resetPassword(
    { name, words, password, relay }: Question<"reset password">,
    tell: Tell,
  ): Promise<FirstRunAnswer> {
    await this.#started(relay);
    await resetPassword({
      name: checkNewName(name),
      words,
      newPassword: password,
      relay: chooseRelay(relay),
    });
    this.#proven = { name, password, relay };
    return this.#addDevice(words, false, tell);
  }

  /** A relay of this machine may not run yet. */
  async #started(relay: string): Promise<void> {
    const { ownRelay } = this.#parts;
    if (relay === ownRelay.address) await ownRelay.start();
  }

  #keys() {
    const { paths, environment } = this.#parts;
    return {
      paths,
      readKey: () => readKey(paths, this.#passphrase),
      createKey: () => createKey(paths, environment, this.#passphrase),
    };
  }

  /** When it fails half-way, the wizard is told where it stands before it is told why. */
  async *#orWhatIsLeft(work: Promise<FirstRunAnswer>): AsyncGenerator<FirstRunAnswer> {
    try {
      yield await work;
    } catch (error) {
      const standing = await setUpStageOf(this.#parts.paths, this.#passphrase);
      if (standing.kind === "ready") closeProfile(standing.profile);
      const unfinished = unfinishedOf(standing, this.#parts.ownRelay);
      if (unfinished !== undefined) yield { kind: "unfinished", unfinished };
      throw error;
    }
  }

  /** Before the account has this machine, what is typed is mended where it stands; after that the password signs in. */
  async *#orWhatIsMade(work: Promise<FirstRunAnswer>): AsyncGenerator<FirstRunAnswer> {
    try {
      yield await work;
    } catch (error) {
      const standing = await setUpStageOf(this.#parts.paths, this.#passphrase);
      if (standing.kind === "ready") closeProfile(standing.profile);
      const unfinished = unfinishedOf(standing, this.#parts.ownRelay);
      if (unfinished?.stage === "made") yield { kind: "unfinished", unfinished };
      throw error;
    }
  }

  #enter(profile: Profile, kind: "registered" | "opened", tell: Tell): FirstRunAnswer {
    tell({ kind: "chat", data: { what: "me", name: profile.identity.name } });
    this.#parts.enter(profile);
    return { kind };
  }
}

export function unfinishedOf(standing: SetUpStage, ownRelay: OwnRelay): Unfinished | undefined {
  if (standing.kind !== "begun" && standing.kind !== "made" && standing.kind !== "joining") return undefined;
  const { kind: stage, name, relayUrl } = standing;
  return { stage, name, relay: relayAt(relayUrl, ownRelay) };
}

function relayAt(url: string, ownRelay: OwnRelay): RelayFound {
  const address = chooseRelay(url);
  return {
    url,
    way: address.pin === undefined ? wayTo(address) : "pinned",
    isOwn: url === ownRelay.address,
    registration: undefined,
  };
}

function fromHome(path: string): string {
  return resolve(path.replace(/^~(?=\/|$)/, homedir()));
}

/** More than 24 words make is no file with them. */
const MAX_FILE = 10_000;

function readWords(given: string): string {
  const path = fromHome(given);
  try {
    const text = readFileSync(path, "utf8");
    if (text.length <= MAX_FILE) return text.trim().replace(/\s+/g, " ");
  } catch (cause) {
    throw new ChatError("bad_input", `The file ${path} cannot be read.`, {
      hint: "Check its name, and that you may read it.",
      cause,
    });
  }
  throw new ChatError("bad_input", `The file ${path} holds more than 24 words.`);
}

/** Hints of the command line are of no use here. */
function atScreen(error: unknown): ChatError {
  const { code, message, hint } = explainFailure(error);
  if (hint === undefined || !/--[a-z]|CHAT_|`chat |^Start one/.test(hint)) {
    return new ChatError(code, message, { ...(hint === undefined ? {} : { hint }), cause: error });
  }
  const hints: Partial<Record<typeof code, string>> = {
    relay_unreachable: "Enter tries again, Esc goes back.",
    login_failed: "Check the name and the relay, too: Esc goes back.",
    invitation_needed: "Ask whoever runs it for a token.",
    name_taken: "If it is yours, choose to sign in; else take another one.",
  };
  const own = hints[code] === undefined ? {} : { hint: hints[code] };
  return new ChatError(code, message, { ...own, cause: error });
}

/** Some of so many, in order. */
function somePlaces(count: number): number[] {
  const places = new Set<number>();
  while (places.size < Math.min(WORDS_ASKED, count)) places.add(randomInt(count));
  return [...places].sort((one, other) => one - other);
}
