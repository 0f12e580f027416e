import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Effect } from "./model/effect.ts";
import type { Event } from "./model/event.ts";
import { initialState } from "./model/initial.ts";
import type { State } from "./model/state.ts";
import type { Updated } from "./model/updated.ts";
import { type Perform, Runtime } from "./runtime.ts";

const start = initialState({ columns: 80, rows: 24, now: 0, me: "", screens: [] });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** A model in which every key is an effect or adds a letter to the name, and one that keeps failures in it too. */
function update(state: State, event: Event): Updated {
  switch (event.kind) {
    case "key":
      if (event.key === "broken") throw new Error("a mistake");
      if (event.key === "quit") return [state, [{ kind: "quit" }, { kind: "bell" }]];
      return [{ ...state, me: state.me + event.key }, []];
    case "failed":
      return [{ ...state, me: `${state.me}<${event.effect}: ${event.failure.message}>` }, []];
    default:
      return [state, []];
  }
}

function runtimeWith(perform: Perform = () => undefined) {
  const drawn: string[] = [];
  const runtime = new Runtime(start, {
    update,
    perform,
    draw: ({ me }) => drawn.push(me),
    explain: (error) => ({ code: "x", message: (error as Error).message, hint: undefined }),
  });
  return { runtime, drawn };
}

function key(name: string): Event {
  return { kind: "key", key: name, text: "" };
}

test("what a person does is drawn at once, and once for several keys that came together", () => {
  const { runtime, drawn } = runtimeWith();
  runtime.act([key("a")]);
  runtime.act([key("b"), key("c")]);
  expect(drawn).toEqual(["a", "abc"]);
});

test("news in a burst are drawn at most once in 16 ms, and the last of them is drawn", () => {
  const { runtime, drawn } = runtimeWith();
  for (let at = 0; at < 100; at++) {
    runtime.tell(key(String(at % 10)));
    vi.advanceTimersByTime(1);
  }
  vi.advanceTimersByTime(16);
  expect(drawn.length).toBeGreaterThan(5);
  expect(drawn.length).toBeLessThan(9);
  expect(drawn.at(-1)).toHaveLength(100);
});

test("a key is not kept waiting by news, nor drawn a second time with them", () => {
  const { runtime, drawn } = runtimeWith();
  runtime.tell(key("n"));
  runtime.tell(key("m"));
  runtime.act([key("k")]);
  expect(drawn).toEqual(["n", "nmk"]);
  vi.advanceTimersByTime(100);
  expect(drawn).toHaveLength(2);
});

test("what changes nothing is not drawn, unless somebody asks for it", () => {
  const { runtime, drawn } = runtimeWith();
  runtime.draw();
  runtime.act([{ kind: "focus", has: true }]);
  expect(drawn).toHaveLength(1);
  runtime.redraw();
  expect(drawn).toHaveLength(2);
});

test("effects are done in order, and what they tell at once waits for its turn", () => {
  const done: string[] = [];
  const { runtime, drawn } = runtimeWith((effect: Effect, tell) => {
    done.push(effect.kind);
    tell(key(effect.kind === "quit" ? "q" : "b"));
    done.push("told");
  });
  runtime.act([key("quit"), key("x")]);
  expect(done).toEqual(["quit", "told", "bell", "told"]);
  expect(drawn).toEqual(["xqb"]);
});

test("an effect that throws or rejects is told as failed, and nothing else is lost", async () => {
  const { runtime } = runtimeWith((effect) => {
    if (effect.kind === "quit") throw new Error("at once");
    return Promise.reject(new Error("later"));
  });
  runtime.act([key("quit"), key("x")]);
  await vi.waitFor(() => expect(runtime.state.me).toBe("x<quit: at once><bell: later>"));
});

test("a mistake of the model costs the event that met it", () => {
  const { runtime, drawn } = runtimeWith();
  runtime.act([key("a"), key("broken"), key("b")]);
  expect(drawn).toEqual(["ab<key: a mistake>"]);
});

test("after its end nothing is taken and nothing is drawn", () => {
  const { runtime, drawn } = runtimeWith((effect) => {
    if (effect.kind === "quit") runtime.stop();
  });
  runtime.tell(key("a"));
  runtime.tell(key("b"));
  runtime.act([key("quit"), key("c")]);
  vi.advanceTimersByTime(100);
  expect(drawn).toEqual(["a"]);
  expect(runtime.state.me).toBe("ab");
});
