import fc from "fast-check";
import { expect, test } from "vitest";
import type { FirstRunAnswer, Loaded, PersonRow } from "../data.ts";
import type { Effect, FirstRunQuestion } from "../effect.ts";
import type { Event } from "../event.ts";
import { initialState } from "../initial.ts";
import type { State } from "../state.ts";
import { update } from "../update.ts";
import { firstStep, goOn, type WizardScreen } from "./wizard-screen.ts";

const url = "http://127.0.0.1:7443";
const relay = { url, way: "this machine", isOwn: true, registration: "open" } as const;
const words = Array.from({ length: 24 }, (_, at) => `word${String.fromCharCode(97 + at)}`);

class Run {
  state: State;
  effects: readonly Effect[] = [];

  constructor(screen: WizardScreen = firstStep({ relay: undefined, isLocked: false })) {
    this.state = initialState({ columns: 80, rows: 24, now: 0, me: "", screens: [screen] });
  }

  get screen(): WizardScreen {
    const top = this.state.screens.at(-1);
    if (top?.kind !== "wizard") throw new Error(`not in the wizard but ${top?.kind}`);
    return top;
  }

  happen(event: Event): this {
    [this.state, this.effects] = update(this.state, event);
    return this;
  }

  key(key: string, text = ""): this {
    return this.happen({ kind: "key", key, text });
  }

  type(text: string): this {
    return this.happen({ kind: "paste", text });
  }

  answer(step: FirstRunAnswer): this {
    return this.load({ what: "first run", step });
  }

  load(loaded: Loaded): this {
    return this.happen({ kind: "loaded", loaded });
  }

  fail(code: string, message = "It did not work."): this {
    const failure = { code, message, hint: undefined };
    return this.happen({ kind: "failed", effect: "first run", failure });
  }

  asked(): FirstRunQuestion | undefined {
    return this.effects.flatMap((effect) => (effect.kind === "first run" ? [effect.ask] : []))[0];
  }
}

const atName = () => new Run().key("enter").answer({ kind: "relay found", relay });
const atPassword = () => atName().type("nora").key("enter").answer({ kind: "name free", name: "nora" });
const atWords = () =>
  atPassword()
    .type("correct horse")
    .key("enter")
    .type("correct horse")
    .key("enter")
    .answer({ kind: "words", words, places: [1, 5, 23], file: "/home/nora/words" });
const atFirst = (names: readonly string[], isWhole = true) => {
  const people = names.map((name): PersonRow => ({ name, account: name, since: 0, known: false }));
  return atWords().key("enter").answer({ kind: "registered" }).load({ what: "people", people, isWhole });
};

test("a newcomer starts a relay, takes a name and a password, keeps the words, and writes to somebody", () => {
  const run = new Run().key("enter");
  expect(run.asked()).toEqual({ kind: "start relay" });
  run.answer({ kind: "relay found", relay }).type("@Nora").key("enter");
  expect(run.asked()).toEqual({ kind: "check name", name: "nora", relay: url, invitation: "" });
  run.answer({ kind: "name free", name: "nora" }).type("correct horse").key("enter");
  run.type("correct horse").key("enter");
  expect(run.asked()).toEqual({
    kind: "register",
    name: "nora",
    password: "correct horse",
    relay: url,
    invitation: "",
  });
  run.answer({ kind: "words", words, places: [1, 5, 23], file: "/home/nora/words" });
  expect(run.screen).toMatchObject({ step: "words", known: { words } });
  run.key("enter").type("wordb").key("enter").type("wordf").key("enter").type("wordx").key("enter");
  expect(run.asked()).toEqual({ kind: "words kept" });
  run.happen({ kind: "chat", data: { what: "me", name: "nora" } }).answer({ kind: "registered" });
  expect(run.effects).toEqual([{ kind: "list people" }]);
  run.load({
    what: "people",
    people: [{ name: "bob", account: "b", since: 0, known: false }],
    isWhole: true,
  });
  run.type("bob").key("enter");
  expect(run.state.screens).toEqual([]);
  expect(run.state.open?.name).toBe("bob");
  expect(run.state.me).toBe("nora");
});

test("an address is asked for, looked for, and asked for again when nobody answers there", () => {
  const run = new Run().key("down").key("enter").type("chat.example.org").key("enter");
  expect(run.asked()).toEqual({ kind: "find relay", address: "chat.example.org" });
  run.fail("relay_unreachable", "No relay answers.");
  expect(run.screen).toMatchObject({ step: "address", trouble: { message: "No relay answers." } });
  expect(run.screen.fields[0]?.text).toBe("chat.example.org");
  run.type(":7443").key("enter");
  expect(run.screen.trouble).toBeUndefined();
  expect(run.asked()).toMatchObject({ address: "chat.example.org:7443" });
});

test("the relay that was asked for on the command line is the one to begin with", () => {
  const run = new Run(firstStep({ relay: url, isLocked: false })).key("enter");
  expect(run.asked()).toEqual({ kind: "find relay", address: url });
});

test("Esc while something is waited for gives it up, and what was typed stays", () => {
  const run = atName().type("nora").key("enter").key("esc");
  expect(run.asked()).toEqual({ kind: "never mind" });
  expect(run.screen).toMatchObject({ step: "name", doing: undefined });
  expect(run.screen.fields[0]?.text).toBe("nora");
});

test("an account that is being made is not given up by Esc, nor made twice by Enter", () => {
  const run = atPassword().type("correct horse").key("enter").type("correct horse").key("enter");
  const { screen } = run;
  expect(run.key("esc").screen).toBe(screen);
  expect(run.key("enter").effects).toEqual([]);
  expect(run.type("more").screen).toBe(screen);
});

test.each([
  ["nö", "nö"],
  ["a b", "a b"],
  ["me", "me"],
])("the name %j is asked for again without the relay hearing of it", (text, kept) => {
  const run = atName().type(text).key("enter");
  expect(run.effects).toEqual([]);
  expect(run.screen.trouble).toBeDefined();
  expect(run.screen.fields[0]?.text).toBe(kept);
});

test("a name that is taken at the last moment leads back to the name", () => {
  const run = atPassword().type("correct horse").key("enter").type("correct horse").key("enter");
  run.fail("name_taken", "The name nora is taken.");
  expect(run.screen).toMatchObject({ step: "name", trouble: { message: "The name nora is taken." } });
  expect(run.screen.fields[0]?.text).toBe("nora");
});

test("a name that is taken stays there to be changed", () => {
  const run = atName().type("nora").key("enter").fail("name_taken", "The name nora is taken.");
  expect(run.screen.trouble?.message).toBe("The name nora is taken.");
  run.type("2").key("enter");
  expect(run.asked()).toMatchObject({ name: "nora2" });
});

test("two different passwords are not taken, and Esc goes back to the first", () => {
  const run = atPassword().type("correct horse").key("enter").type("correct house").key("enter");
  expect(run.effects).toEqual([]);
  expect(run.screen.trouble?.message).toMatch(/two different/);
  expect(run.key("esc").screen).toMatchObject({ step: "password", field: 0 });
  expect(run.key("esc").screen.step).toBe("name");
});

test("a password is taken as it is, without emoji and without the line end that was pasted with it", () => {
  const run = atPassword();
  for (const character of ":smile: x") run.key(character, character);
  run.key("enter").type(":smile: x\n").key("enter");
  expect(run.asked()).toMatchObject({ password: ":smile: x" });
});

test("the words can be saved, and three of them are asked for all the same", () => {
  const run = atWords().key("down").key("enter");
  expect(run.screen.fields[0]?.text).toBe("/home/nora/words");
  run.key("enter");
  expect(run.asked()).toEqual({ kind: "save words", path: "/home/nora/words" });
  run.fail("cannot_write", "It exists already.");
  expect(run.screen).toMatchObject({ step: "file", trouble: { message: "It exists already." } });
  run.key("enter").answer({ kind: "words saved", path: "/home/nora/words" });
  expect(run.screen).toMatchObject({ step: "words", known: { savedTo: "/home/nora/words" } });
  expect(run.key("enter").screen.step).toBe("check");
});

test("a wrong word is said to be one, and Esc shows the words again", () => {
  const run = atWords().key("enter").type("wordb").key("enter").type("wrong").key("enter");
  expect(run.screen).toMatchObject({ field: 1, trouble: { message: "Word 6 is another one." } });
  expect(run.effects).toEqual([]);
  expect(run.key("esc").screen).toMatchObject({ step: "words", known: { words } });
  expect(run.key("esc").screen.step).toBe("words");
});

test("an account that is made but not logged in needs its password alone", () => {
  const run = atWords().key("enter");
  for (const word of ["wordb", "wordf", "wordx"]) run.type(word).key("enter");
  run.answer({ kind: "unfinished", unfinished: { stage: "made", name: "nora", relay } });
  run.fail("relay_unreachable", "The relay is away.");
  expect(run.screen).toMatchObject({ step: "sign in", trouble: { message: "The relay is away." } });
  run.type("correct horse").key("enter");
  expect(run.asked()).toEqual({ kind: "sign in", name: "nora", password: "correct horse", relay: url });
  expect(run.fail("login_failed").key("esc").screen.step).toBe("sign in");
});

test("a registration that was cut goes on with its name, and may use another address", () => {
  const begun = goOn(firstStep({ relay: undefined, isLocked: false }), {
    stage: "begun",
    name: "nora",
    relay,
  });
  const run = new Run(begun).type("correct horse").key("enter").type("correct horse").key("enter");
  expect(run.asked()).toEqual({
    kind: "register",
    name: "nora",
    password: "correct horse",
    relay: url,
    invitation: "",
  });
  run.fail("relay_unreachable").key("esc").key("esc").type("chat.example.org").key("enter");
  run.answer({
    kind: "relay found",
    relay: { url: "https://chat.example.org:7443", way: "tls", isOwn: false, registration: undefined },
  });
  expect(run.screen).toMatchObject({ step: "password", known: { name: "nora" } });
});

/** Somebody who has an account, asked for his password. */
const atSecret = () =>
  new Run()
    .key("down")
    .key("down")
    .key("enter")
    .type("chat.example.org")
    .key("enter")
    .answer({ kind: "relay found", relay })
    .type("Nora")
    .key("enter");
const atRecall = () =>
  atSecret().type("correct horse").key("enter").answer({ kind: "password right", devices: 2 });

test("who has an account signs in with his password and his words", () => {
  const run = atSecret();
  expect(run.screen).toMatchObject({ step: "secret", known: { name: "nora" } });
  run.type("correct horse").key("enter");
  expect(run.asked()).toEqual({ kind: "prove", name: "nora", password: "correct horse", relay: url });
  run.answer({ kind: "password right", devices: 2 }).type(words.join("  ").toUpperCase()).key("enter");
  expect(run.asked()).toEqual({ kind: "add device", words: words.join(" "), signOutOthers: false });
  const { screen } = run;
  expect(run.key("esc").key("enter").screen).toBe(screen);
  expect(run.answer({ kind: "opened" }).state.screens).toEqual([]);
});

test("a name that is taken is signed in to from where it was typed", () => {
  const run = atName().type("nora").key("enter").fail("name_taken", "The name nora is taken.");
  run.key("down").key("enter");
  expect(run.screen).toMatchObject({ step: "secret", known: { name: "nora", isMine: true } });
  run.key("esc");
  expect(run.screen).toMatchObject({ step: "name", known: { isMine: false } });
  expect(run.key("up").key("enter").asked()).toMatchObject({ kind: "check name", name: "nora" });
});

test("a wrong password and wrong words are mended where they are typed", () => {
  const run = atSecret().type("wrong").key("enter").fail("login_failed", "Wrong password.");
  expect(run.screen).toMatchObject({ step: "secret", trouble: { message: "Wrong password." } });
  const recall = atRecall().type(words.join(" ")).key("enter").fail("login_failed", "Not those of nora.");
  expect(recall.screen).toMatchObject({ step: "recall", trouble: { message: "Not those of nora." } });
  expect(recall.screen.fields[0]?.text).toContain("worda wordb");
  expect(recall.key("enter").asked()).toMatchObject({ kind: "add device" });
});

test("fewer than all words are said to be that, without the relay hearing of it", () => {
  const run = atRecall().type(words.slice(1).join(" ")).key("enter");
  expect(run.effects).toEqual([]);
  expect(run.screen.trouble?.message).toBe("That is 23 of 24 words.");
});

test("the words may come from a file, and are seen before they are used", () => {
  const run = atRecall().key("down").key("enter").type("~/words").key("enter");
  expect(run.asked()).toEqual({ kind: "read words", path: "~/words" });
  expect(run.fail("bad_input", "It cannot be read.").screen.step).toBe("recall file");
  run.key("enter").answer({ kind: "words read", text: words.join(" ") });
  expect(run.screen).toMatchObject({ step: "recall", chosen: 0 });
  expect(run.key("enter").asked()).toMatchObject({ kind: "add device", words: words.join(" ") });
});

test("other devices are signed out only by who chooses that, and who has any", () => {
  const run = atRecall().type(words.join(" ")).key("down").key("down").key("enter");
  expect(run.asked()).toEqual({ kind: "add device", words: words.join(" "), signOutOthers: true });
  const alone = atSecret().type("correct horse").key("enter").answer({ kind: "password right", devices: 0 });
  expect(alone.key("down").key("down").screen.chosen).toBe(1);
});

test("who may have no more devices is led to signing the others out", () => {
  const run = atRecall().type(words.join(" ")).key("enter").fail("not_allowed", "nora has 16 devices.");
  expect(run.screen).toMatchObject({
    step: "recall",
    trouble: { hint: expect.stringContaining("sign all others out") },
  });
});

test("a forgotten password is replaced with the words, and wrong words are asked for again", () => {
  const run = atSecret().key("down").key("enter").type(words.join(" ")).key("enter");
  expect(run.screen).toMatchObject({ step: "new password", known: { recalled: words.join(" ") } });
  run.type("correct horse").key("enter").type("correct horse").key("enter");
  const reset = { kind: "reset password", name: "nora", words: words.join(" ") } as const;
  expect(run.asked()).toEqual({ ...reset, password: "correct horse", relay: url });
  run.fail("login_failed", "Not those of nora.");
  expect(run.screen).toMatchObject({ step: "recall", trouble: { message: "Not those of nora." } });
  expect(run.screen.fields[0]?.text).toBe(words.join(" "));
});

test("a relay that wants invitations is given one, and asks again for one that it does not take", () => {
  const inviting = { ...relay, registration: "invite" } as const;
  const run = new Run()
    .key("enter")
    .answer({ kind: "relay found", relay: inviting })
    .type("nora")
    .key("enter");
  expect(run.screen.step).toBe("invitation");
  run.type(" token ").key("enter");
  expect(run.asked()).toEqual({ kind: "check name", name: "nora", relay: url, invitation: "token" });
  run.fail("invitation_invalid", "It is used up.");
  expect(run.screen).toMatchObject({ step: "invitation", trouble: { message: "It is used up." } });
  run.key("ctrl-u").type("better").key("enter").answer({ kind: "name free", name: "nora" });
  run.type("correct horse").key("enter").type("correct horse").key("enter");
  expect(run.asked()).toMatchObject({ kind: "register", invitation: "better" });
  run.fail("invitation_invalid", "It is used up.");
  expect(run.screen).toMatchObject({ step: "invitation" });
  expect(run.key("esc").screen.step).toBe("name");
});

test("a relay that takes no newcomers is signed in to", () => {
  const closed = { ...relay, registration: "closed" } as const;
  const run = new Run().key("enter").answer({ kind: "relay found", relay: closed }).type("nora").key("enter");
  expect(run.screen).toMatchObject({ step: "secret", known: { name: "nora" } });
});

test("a login that was cut goes on with its name and its password", () => {
  const cut = { stage: "joining", name: "nora", relay } as const;
  const run = new Run(goOn(firstStep({ relay: undefined, isLocked: false }), cut));
  expect(run.type("correct horse").key("enter").asked()).toMatchObject({ kind: "prove", name: "nora" });
  run.fail("relay_unreachable").key("esc").type("chat.example.org").key("enter");
  run.answer({ kind: "relay found", relay });
  expect(run.screen).toMatchObject({ step: "secret", known: { name: "nora" } });
});

test("a locked profile is opened by its passphrase", () => {
  const run = new Run(firstStep({ relay: undefined, isLocked: true })).type("open sesame").key("enter");
  expect(run.asked()).toEqual({ kind: "unlock", passphrase: "open sesame" });
  expect(run.fail("not_allowed").screen.step).toBe("unlock");
  run.key("enter").answer({ kind: "opened" });
  expect(run.state.screens).toEqual([]);
});

test("who is alone may write to himself, or look around", () => {
  expect(atFirst([]).key("enter").state.open?.name).toBe("me");
  expect(atFirst(["james"]).type("me").key("enter").state.open?.name).toBe("me");
  const later = atFirst([]).key("down").key("enter").state;
  expect([later.screens, later.open]).toEqual([[], undefined]);
});

test("a name that nobody has is not written to, but one that is not listed yet is", () => {
  const run = atFirst(["bob"]).type("zed").key("enter");
  expect(run.screen.trouble?.message).toBe("Nobody on this relay is called zed.");
  expect(atFirst(["bob"], false).type("zed").key("enter").state.open?.name).toBe("zed");
});

test("a click chooses, and puts the cursor into a field", () => {
  const run = new Run().happen({ kind: "click", target: { kind: "item", index: 1 } });
  expect(run.screen.step).toBe("address");
  const fields = atPassword().happen({ kind: "click", target: { kind: "item", index: 1 } });
  expect(fields.screen.field).toBe(1);
});

const keys = [
  "enter",
  "esc",
  "up",
  "down",
  "tab",
  "shift-tab",
  "backspace",
  "ctrl-u",
  "ctrl-p",
  "f1",
  "alt-a",
];
const answers: readonly FirstRunAnswer[] = [
  { kind: "relay found", relay },
  { kind: "name free", name: "nora" },
  { kind: "words", words, places: [1, 5, 23], file: "" },
  { kind: "words saved", path: "/words" },
  { kind: "nothing here" },
  { kind: "unfinished", unfinished: { stage: "begun", name: "nora", relay } },
  { kind: "unfinished", unfinished: { stage: "made", name: "nora", relay } },
  { kind: "unfinished", unfinished: { stage: "joining", name: "nora", relay } },
  { kind: "password right", devices: 1 },
  { kind: "words read", text: words.join(" ") },
  { kind: "relay found", relay: { ...relay, registration: "invite" } },
  { kind: "relay found", relay: { ...relay, registration: "closed" } },
  { kind: "registered" },
];
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...keys).map((key): Event => ({ kind: "key", key, text: "" })) },
  { weight: 2, arbitrary: fc.string({ maxLength: 12 }).map((text): Event => ({ kind: "paste", text })) },
  fc.nat(30).map((index): Event => ({ kind: "click", target: { kind: "item", index } })),
  fc.constantFrom(...answers).map((step): Event => ({ kind: "loaded", loaded: { what: "first run", step } })),
  fc
    .constantFrom("name_taken", "relay_unreachable", "invitation_invalid", "login_failed")
    .map((code): Event => {
      return { kind: "failed", effect: "first run", failure: { code, message: "no", hint: undefined } };
    }),
);

test("whatever happens, nobody gets out of the wizard without an account, and nothing throws", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const run = new Run();
      let isRegistered = false;
      for (const each of events) {
        const wasFirst = run.state.screens.at(-1)?.kind === "wizard" && run.screen.step === "first";
        isRegistered ||= wasFirst;
        run.happen(each);
        if (!isRegistered) expect(run.state.screens.map(({ kind }) => kind)).toEqual(["wizard"]);
        expect(run.effects.filter(({ kind }) => kind === "first run").length).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test("Esc leads back to the first step from everywhere before the account is made", () => {
  const forgotten = atSecret().key("down").key("enter").type(words.join(" ")).key("enter");
  const sought = atRecall().key("down").key("enter");
  const plain = [new Run(), atName(), atPassword(), new Run().key("down").key("enter")];
  for (const run of [...plain, atSecret(), atRecall(), forgotten, sought]) {
    for (let times = 0; times < 6; times += 1) run.key("esc");
    expect(run.screen.step).toBe("where");
  }
});
