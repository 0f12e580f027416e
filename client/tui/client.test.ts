import { PassThrough, Writable } from "node:stream";
import type { ReadStream, WriteStream } from "node:tty";
import { afterEach, expect, test, vi } from "vitest";
import { row } from "../../test/support/tui-state.ts";
import { Client } from "./client.ts";
import type { Effect } from "./model/effect.ts";
import { defaultSettings, initialState } from "./model/initial.ts";
import type { State } from "./model/state.ts";
import type { Perform } from "./runtime.ts";
import { frameOf } from "./views/frame.ts";

class FakeOutput extends Writable {
  readonly isTTY = true;
  columns = 40;
  rows = 8;
  text = "";

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }

  /** What was written since the last time. */
  take(): string {
    const { text } = this;
    this.text = "";
    return text;
  }
}

let client: Client | undefined;

afterEach(() => {
  client?.end(0);
  client = undefined;
});

function open(known: Partial<State> = {}, perform: Perform = () => undefined, hasColors = true) {
  const modes: boolean[] = [];
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (isRaw: boolean) => modes.push(isRaw),
    ref: () => undefined,
    unref: () => undefined,
  });
  const [output, errors] = [new FakeOutput(), new FakeOutput()];
  const streams = {
    input: input as unknown as ReadStream,
    output: output as unknown as WriteStream,
    errors: errors as unknown as WriteStream,
  };
  client = new Client(streams, hasColors, { me: "alice", screens: [], ...known }, perform);
  return { client, input, output, errors, modes };
}

test("one frame goes out in one piece, between the marks of a whole frame", async () => {
  const { client, output } = open();
  const pieces: string[] = [];
  output._write = (chunk, _, done) => {
    pieces.push(String(chunk));
    done();
  };
  client.tell({ kind: "resize", columns: 30, rows: 6 });
  await vi.waitFor(() => expect(pieces).toHaveLength(1));
  expect(pieces[0]?.startsWith("\u001b[?2026h")).toBe(true);
  expect(pieces[0]?.endsWith("\u001b[?2026l")).toBe(true);
});

test("a new size is drawn whole, on a screen that was wiped", async () => {
  const { output } = open();
  output.take();
  Object.assign(output, { columns: 20, rows: 4 });
  output.emit("resize");
  await vi.waitFor(() => expect(output.text).not.toBe(""));
  const text = output.take();
  expect(text).toContain("\u001b[H\u001b[2J");
  expect(text.split("\n")).toHaveLength(4);
});

test("rows that stay as they are are gone over in one step", async () => {
  const { client, output } = open({ rows: 30 });
  output.rows = 30;
  client.tell({ kind: "resize", columns: 40, rows: 30 });
  await vi.waitFor(() => expect(output.take()).not.toBe(""));
  const connection = { state: "offline", why: undefined, queued: 0 } as const;
  client.tell({ kind: "chat", data: { what: "connection", connection } });
  await vi.waitFor(() => expect(output.text).toContain("offline"));
  expect(output.text).toContain("\u001b[27E");
  expect(output.text).not.toContain("\u001b[E");
});

test("what changes nothing on the screen writes nothing", async () => {
  const { input, output } = open();
  output.take();
  input.write("\u001b[I");
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(output.take()).toBe("");
});

test("a terminal that is gone ends the client, and errors of its streams are no crash", async () => {
  const { client, input, output } = open();
  output.emit("error", new Error("EIO"));
  input.end();
  expect(await client.ended).toBe(129);
});

test("after the end every mode is undone, once, and nothing more is written", async () => {
  const { client, output, modes } = open();
  client.end(0);
  const text = output.take();
  for (const mode of [1049, 2004, 1004, 1000, 1006, 2026]) {
    expect(text).toContain(`\u001b[?${mode}h`);
    expect(text.lastIndexOf(`\u001b[?${mode}l`)).toBeGreaterThan(text.lastIndexOf(`\u001b[?${mode}h`));
  }
  // Whether or not the last frame had a cursor.
  expect(text.slice(text.lastIndexOf("\u001b[<u"))).toContain("\u001b[?25h");
  expect(modes.at(-1)).toBe(false);
  client.end(0);
  client.tell({ kind: "command", command: "redraw" });
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(output.take()).toBe("");
});

test("while another program has the terminal nothing is written or read, and Ctrl-C is that program's", async () => {
  const { client, input, output, modes } = open();
  const interrupted = vi.fn();
  process.on("SIGINT", interrupted);
  output.take();
  await client.handOver(async () => {
    expect(output.take()).toContain("\u001b[?1049l");
    expect(modes.at(-1)).toBe(false);
    client.tell({ kind: "resize", columns: 30, rows: 6 });
    process.emit("SIGINT");
    process.emit("SIGCONT");
    input.write("x");
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(output.take()).toBe("");
  });
  expect(interrupted).not.toHaveBeenCalled();
  process.emit("SIGINT");
  expect(interrupted).toHaveBeenCalledOnce();
  process.off("SIGINT", interrupted);
  const text = output.take();
  expect(text).toContain("\u001b[?1049h");
  expect(text).toContain("Sotto");
  expect(modes.at(-1)).toBe(true);
});

test("standard error is kept until the terminal is given back", () => {
  const { client, errors } = open();
  const written = vi.fn();
  errors.write("a warning\n", written);
  expect(errors.take()).toBe("");
  expect(written).toHaveBeenCalledOnce();
  client.end(0);
  expect(errors.take()).toBe("a warning\n");
});

test("effects of the terminal are done here, all others by whoever does effects", async () => {
  const performed: Effect[] = [];
  const { client, output } = open({}, (effect) => {
    performed.push(effect);
  });
  output.take();
  client.tell({ kind: "command", command: "redraw" });
  await vi.waitFor(() => expect(output.text).toContain("\u001b[2J"));
  client.tell({ kind: "chat", data: { what: "alarm", text: "look" } });
  expect(output.take()).toContain("\u0007");
  client.tell({ kind: "command", command: "reconnect" });
  expect(performed).toEqual([{ kind: "reconnect" }]);
});

test("the mouse is given back to the terminal when it is not wanted", () => {
  expect(open().output.take()).toContain("\u001b[?1000h");
  client?.end(0);
  const without = open({ settings: { ...defaultSettings, mouse: false } });
  expect(without.output.take()).not.toContain("\u001b[?1000h");
});

test("without colours there are none, whichever theme is set", () => {
  const notices = [{ text: "look", hint: undefined, gravity: "alarm" as const, at: Date.now() }];
  const color = /\[[\d;]*3[0-7]m/;
  expect(open({ notices }).output.take()).toMatch(color);
  client?.end(0);
  expect(open({ notices }, undefined, false).output.take()).not.toMatch(color);
});

test("a click is on what is drawn there", () => {
  const conversations = ["bob", "carol"].map((name, at) => row(name, { activity: 2 - at }));
  const known = {
    columns: 100,
    rows: 12,
    me: "alice",
    screens: [],
    conversations,
    hasAllConversations: true,
  };
  const effects: Effect[] = [];
  const { input } = open(known, (effect) => {
    effects.push(effect);
  });
  const { hits } = frameOf(initialState({ ...known, now: 0 }));
  const hit = hits.find(({ target }) => target.kind === "conversation" && target.name === "carol");
  input.emit("data", `\u001b[<0;${(hit?.x ?? 0) + 1};${(hit?.y ?? 0) + 1}M`);
  expect(effects).toContainEqual(expect.objectContaining({ kind: "open", conversation: "carol" }));
});

test("a screen that can neither be drawn nor used says so, and Ctrl-C leads out of it", async () => {
  const { client, input, output } = open({ screens: [{ kind: "mistaken" } as never] });
  expect(output.take()).toContain("This cannot be shown");
  input.emit("data", "x");
  input.emit("data", "\u0003");
  expect(await client.ended).toBe(0);
});

test("somebody who looks elsewhere hears the bell, once a burst", () => {
  const { client, input, output } = open();
  output.take();
  client.notify({ title: "bob", text: "hello" });
  expect(output.take()).not.toContain("\u0007");
  input.write("\u001b[O");
  output.take();
  client.notify({ title: "bob", text: "hello" });
  expect(output.take()).toContain("\u0007");
  client.notify({ title: "bob", text: "are you there?" });
  expect(output.take()).not.toContain("\u0007");
});
