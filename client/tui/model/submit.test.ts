import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { open, row, stateOf, morning as withFocus } from "../../../test/support/tui-state.ts";
import { MAX_TEXT_BYTES } from "../../text-size.ts";
import { composerWith } from "./composer.ts";
import type { Effect } from "./effect.ts";
import type { Event } from "./event.ts";
import type { Purpose, State } from "./state.ts";
import { update } from "./update.ts";

interface Done {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** Nothing is read meanwhile. */
function morning(): State {
  return withFocus({ hasFocus: false });
}

/** Keys as they are typed; names of keys in `<…>`. */
function keys(state: State, typed: string): Done {
  const events: Event[] = Array.from(typed.matchAll(/<([^>]+)>|[^<]/gsu), ([text, name]) => {
    return name === undefined ? { kind: "key", key: text === " " ? "space" : text, text } : named(name);
  });
  return happen(state, ...events);
}

function named(key: string): Event {
  return { kind: "key", key, text: "" };
}

function happen(state: State, ...events: readonly Event[]): Done {
  let now = state;
  const effects: Effect[] = [];
  for (const event of events) {
    const [next, more] = update(now, event);
    now = next;
    effects.push(...more);
  }
  return { state: now, effects };
}

function written({ state }: Done): string | undefined {
  return state.open?.composer.text;
}

function notices({ state }: Done): string[] {
  return state.notices.map(({ text }) => text);
}

/** What was to be done, but for what goes along with every key. */
function done({ effects }: Done): Effect[] {
  return effects.filter(({ kind }) => kind !== "save draft" && kind !== "typing");
}

function withPurpose(purpose: Purpose, text = ""): State {
  const state = morning();
  const { open: opened } = state;
  if (opened === undefined) throw new Error("nothing is open");
  return { ...state, open: { ...opened, purpose, composer: composerWith(text) } };
}

const reply: Purpose = { kind: "reply", id: "m1", key: "m1", from: "bob", text: "Deploy is green." };

describe("a message", () => {
  test("is sent with enter, and the composer and its draft are empty", () => {
    const sent = keys(morning(), "on it<enter>");
    expect(done(sent)).toEqual([{ kind: "send", conversation: "ops", text: "on it" }]);
    expect(sent.effects.at(-1)).toEqual({ kind: "save draft", conversation: "ops", text: "" });
    expect(written(sent)).toBe("");
  });

  test("may have several lines; what ends it does not count", () => {
    expect(done(keys(morning(), "one<alt-enter>two<alt-enter> <enter>"))).toEqual([
      { kind: "send", conversation: "ops", text: "one\ntwo" },
    ]);
  });

  test("of nothing is none", () => {
    expect(done(keys(morning(), "<enter>  <enter>"))).toEqual([]);
  });

  test("says what it answers, once", () => {
    const sent = keys(withPurpose(reply), "yes<enter>again<enter>");
    expect(done(sent)).toEqual([
      { kind: "send", conversation: "ops", text: "yes", replyTo: "m1" },
      { kind: "send", conversation: "ops", text: "again" },
    ]);
  });

  test("shows the end of the conversation again", () => {
    const state = morning();
    const { open: opened } = state;
    if (opened === undefined) throw new Error("nothing is open");
    const above: State = {
      ...state,
      open: { ...opened, hasNewer: true, anchor: { kind: "top", key: "m1", above: 0 } },
    };
    const sent = keys(above, "x<enter>");
    expect(sent.state.open?.anchor).toEqual({ kind: "end" });
    expect(done(sent)).toContainEqual({ kind: "open", conversation: "ops" });
  });

  test("comes back with undo, or when it could not be sent", () => {
    const sent = keys(morning(), "on it<enter>");
    expect(written(keys(sent.state, "<ctrl-_>"))).toBe("on it");
    const failure = { code: "not_allowed", message: "Not allowed.", hint: undefined };
    const failed = happen(sent.state, { kind: "failed", effect: "send", failure });
    expect(written(failed)).toBe("on it");
    const going = keys(sent.state, "next");
    expect(written(happen(going.state, { kind: "failed", effect: "send", failure }))).toBe("next");
  });

  test.each([
    ["left", "You left this conversation."],
    ["removed", "You were removed from this conversation."],
  ] as const)("is kept by who has %s", (standing, sentence) => {
    const state = stateOf({ conversations: [row("ops", { kind: "group", standing })], open: open("ops") });
    const sent = keys(state, "hello<enter>");
    expect(done(sent)).toEqual([]);
    expect(written(sent)).toBe("hello");
    expect(notices(sent)).toEqual([sentence]);
  });
});

describe("an edit", () => {
  const edit: Purpose = { kind: "edit", id: "m2", key: "m2", before: "a draft" };

  test("changes the message and goes back to the draft, which was never touched", () => {
    const sent = keys(withPurpose(edit, "Nic"), "er.<enter>");
    expect(sent.effects).not.toContainEqual(expect.objectContaining({ kind: "save draft" }));
    expect(done(sent)).toEqual([{ kind: "edit", id: "m2", text: "Nicer." }]);
    expect(written(sent)).toBe("a draft");
    expect(sent.state.open?.purpose).toEqual({ kind: "message" });
  });

  test("to the same text is none, and to no text is refused", () => {
    const same = keys(withPurpose(edit, "Nice. Who turns the flag on?"), "<enter>");
    expect(done(same)).toEqual([]);
    expect(written(same)).toBe("a draft");
    const none = keys(withPurpose(edit, "x"), "<backspace><enter>");
    expect(done(none)).toEqual([]);
    expect(none.state.open?.purpose.kind).toBe("edit");
    expect(notices(none)).toHaveLength(1);
  });

  test("takes what looks like a command as it is", () => {
    expect(done(keys(withPurpose(edit, "/leave"), "<enter>"))).toEqual([
      { kind: "edit", id: "m2", text: "/leave" },
    ]);
  });

  test("is given up with Esc", () => {
    const given = keys(withPurpose(edit, "half"), "<esc>");
    expect(written(given)).toBe("a draft");
    expect(given.state.open?.purpose).toEqual({ kind: "message" });
  });
});

describe("commands", () => {
  const ops = { group: "ops" };

  test.each<[string, readonly Effect[]]>([
    ["/join music", [{ kind: "join room", name: "music" }]],
    ["/JOIN music", [{ kind: "join room", name: "music" }]],
    [
      "/invite frank @grace",
      [
        { kind: "invite", ...ops, member: "frank" },
        { kind: "invite", ...ops, member: "grace" },
      ],
    ],
    ["/remove @frank", [{ kind: "remove", ...ops, member: "frank" }]],
    ["/title Night shift", [{ kind: "rename", ...ops, title: "Night shift" }]],
    ["/accept oncall", [{ kind: "accept", name: "oncall" }]],
    ["/decline oncall", [{ kind: "decline", name: "oncall" }]],
    ["/mute none", [{ kind: "mute", conversation: "ops", notify: "none" }]],
    ["/msg frank see you", [{ kind: "send", conversation: "frank", text: "see you" }]],
    ["/expire 10m gone soon", [{ kind: "send", conversation: "ops", text: "gone soon", expire: 600_000 }]],
    ["//etc/passwd", [{ kind: "send", conversation: "ops", text: "/etc/passwd" }]],
  ])("%s", (typed, effects) => {
    const sent = keys(morning(), `${typed}<enter>`);
    expect(done(sent)).toEqual(effects);
    expect(written(sent)).toBe("");
  });

  test.each([
    "/nothing",
    "/me waves",
    "/join",
    "/invite",
    "/title",
    "/mute loudly",
    "/msg frank",
    "/expire soon x",
    "/expire 10m",
    "/go",
    "/",
  ])("%s is refused and stays", (typed) => {
    const sent = keys(morning(), `${typed}<esc><enter>`);
    expect(done(sent)).toEqual([]);
    expect(written(sent)).toBe(typed);
    expect(notices(sent)).toHaveLength(1);
  });

  test("of groups are refused elsewhere", () => {
    const sent = keys(stateOf({ conversations: [row("bob")], open: open("bob") }), "/title New<enter>");
    expect(notices(sent)).toEqual(["/title is for groups and rooms."]);
  });

  test("lead to screens, to other conversations and out of the client", () => {
    expect(done(keys(morning(), "/quit<enter>"))).toEqual([{ kind: "quit" }]);
    expect(keys(morning(), "/help<enter>").state.screens.at(-1)?.kind).toBe("help");
    expect(keys(morning(), "/go #MUSIC<enter>").state.open?.name).toBe("music");
    expect(keys(morning(), "/go frank<enter>").state.open?.name).toBe("frank");
  });

  test("that cannot be taken back ask before", () => {
    const asked = keys(morning(), "/leave<enter>");
    expect(done(asked)).toEqual([]);
    expect(asked.state.screens.at(-1)?.kind).toBe("confirm");
    expect(done(keys(asked.state, "<up><enter>"))).toEqual([{ kind: "leave", name: "ops" }]);
  });

  test("do not tell others that one is typing", () => {
    expect(keys(morning(), "/join x").effects).not.toContainEqual({ kind: "typing", conversation: "ops" });
  });
});

describe("what is offered", () => {
  test("is taken with enter, and the next enter sends", () => {
    const taken = keys(morning(), "@ca<enter>");
    expect(written(taken)).toBe("@carol ");
    expect(taken.effects.at(-1)).toEqual({ kind: "save draft", conversation: "ops", text: "@carol " });
    expect(done(keys(taken.state, "<enter>"))).toEqual([
      { kind: "send", conversation: "ops", text: "@carol" },
    ]);
  });

  test("does not stand in the way of what is written to the end already", () => {
    expect(done(keys(morning(), "@carol<enter>"))).toEqual([
      { kind: "send", conversation: "ops", text: "@carol" },
    ]);
  });

  test("is put away with Esc, until another word is begun", () => {
    const away = keys(morning(), "@ca<esc>r<enter>");
    expect(done(away)).toEqual([{ kind: "send", conversation: "ops", text: "@car" }]);
    expect(written(keys(morning(), "@ca<esc>r @b<enter>"))).toBe("@car @bob ");
  });

  test.each([
    ["/mu<enter>", "/mute "],
    ["/mute m<enter>", "/mute mentions "],
    ["/invite dav<tab>ca<tab>", "/invite dave carol "],
    ["/go mus<tab>", "/go music "],
    [":tad<enter>", "🎉"],
    [":tada:", "🎉"],
    ["a@ca<tab>", "a@ca"],
  ])("%s gives %j", (typed, text) => {
    expect(written(keys(morning(), typed))).toBe(text);
  });

  test("is not oneself", () => {
    expect(written(keys(morning(), "@ali<tab>"))).toBe("@ali");
  });
});

describe("the length of a message", () => {
  const full = "x".repeat(MAX_TEXT_BYTES);

  test("is the end of writing, with a notice, and what was there stays", () => {
    const state = happen(morning(), { kind: "paste", text: full }).state;
    expect(state.open?.composer.text).toBe(full);
    for (const more of [keys(state, "y"), happen(state, { kind: "paste", text: "é" })]) {
      expect(written(more)).toBe(full);
      expect(notices(more)[0]).toContain("65,536 bytes");
      expect(more.effects).toEqual([]);
    }
    expect(written(keys(state, "<backspace>é"))).toBe(full.slice(1));
  });

  test("holds a pasted megabyte out, quickly", () => {
    const began = performance.now();
    const pasted = happen(morning(), { kind: "paste", text: "漢字 and more\n".repeat(80_000) });
    expect(performance.now() - began).toBeLessThan(200);
    expect(written(pasted)).toBe("");
    expect(notices(pasted)).toHaveLength(1);
  });

  test("does not lose what an editor wrote: only sending it is refused", () => {
    const loaded = { what: "edited", conversation: "ops", text: `${full}and more` } as const;
    const edited = happen(morning(), { kind: "loaded", loaded });
    expect(written(edited)).toBe(`${full}and more`);
    const sent = keys(edited.state, "<enter>");
    expect(done(sent)).toEqual([]);
    expect(written(sent)).toBe(`${full}and more`);
    expect(written(keys(edited.state, "<backspace>"))).toBe(`${full}and mor`);
  });
});

describe("a draft", () => {
  const draft = (conversation: string, text: string): Event => {
    return { kind: "chat", data: { what: "draft", conversation, text } };
  };

  test("of another process is shown where it is open, without being saved again", () => {
    const told = happen(morning(), draft("ops", "from elsewhere"));
    expect(written(told)).toBe("from elsewhere");
    expect(told.effects).toEqual([]);
    expect(written(happen(told.state, draft("ops", "")))).toBe("");
  });

  test("of another conversation waits for it", () => {
    const told = happen(morning(), draft("music", "play it again"));
    expect(written(told)).toBe("");
    expect(written(keys(told.state, "/go music<enter>"))).toBe("play it again");
  });

  test("is kept while another conversation is on the screen", () => {
    const away = keys(keys(morning(), "half a sen").state, "<alt-down>").state;
    expect(away.open?.name).not.toBe("ops");
    expect(written(keys(away, "<alt-s>"))).toBe("half a sen");
  });

  test("behind an edit does not disturb it", () => {
    const editing = withPurpose({ kind: "edit", id: "m2", key: "m2", before: "" }, "edited");
    const told = happen(editing, draft("ops", "new draft"));
    expect(written(told)).toBe("edited");
    expect(written(keys(told.state, "<esc>"))).toBe("new draft");
  });
});

const pieces = fc.constantFrom(
  ...["<enter>", "<esc>", "<tab>", "<up>", "<down>", "<ctrl-w>", "<ctrl-y>", "<ctrl-_>", "<alt-enter>"],
  ...[
    "/",
    "/join ",
    "/leave",
    "/quit",
    "/go ",
    "/expire 1s ",
    "//",
    "@",
    "ca",
    ":ta",
    ":",
    "x",
    " ",
    "漢",
    "👍🏽",
  ],
  ...[
    "<left>",
    "<home>",
    "<backspace>",
    "<alt-y>",
    "<ctrl-k>",
    "<alt-_>",
    "<ctrl-u>",
    "<alt-down>",
    "<alt-s>",
  ],
);

test("no keys throw, nothing too long is kept or sent, and Esc leads back to the composer", () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (typed) => {
      const { state, effects } = keys(morning(), typed.join(""));
      for (const effect of effects) {
        if (effect.kind === "send" || effect.kind === "edit") expect(effect.text.trim()).not.toBe("");
      }
      const back = keys(state, "<esc>".repeat(8)).state;
      expect(back.screens).toEqual([]);
      expect(back.pane).toBe("composer");
      expect(back.open?.purpose ?? { kind: "message" }).toEqual({ kind: "message" });
    }),
    { numRuns: 300 },
  );
});

describe("/join and /accept", () => {
  const done = (effect: string): Event => ({
    kind: "loaded",
    loaded: { what: "done", effect, conversation: "music", said: "You are in #music now." },
  });

  test.each([
    ["/join music<enter>", "join room"],
    ["/accept music<enter>", "accept"],
  ])("%s leads to where one is then", (typed, effect) => {
    const asked = keys(morning(), typed);
    expect(asked.effects).toContainEqual({ kind: effect, name: "music" });
    const { state, effects } = happen(asked.state, done(effect));
    expect(state.open?.name).toBe("music");
    expect(effects).toContainEqual(expect.objectContaining({ kind: "open", conversation: "music" }));
  });

  test("leave one where one went meanwhile", () => {
    const asked = keys(morning(), "/join music<enter>");
    const elsewhere = keys(asked.state, "/go carol<enter>").state;
    const { state } = happen(elsewhere, done("join room"));
    expect(state.open?.name).toBe("carol");
  });
});
