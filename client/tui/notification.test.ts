import fc from "fast-check";
import { expect, test } from "vitest";
import { Bursts, notificationSequence, notificationWay } from "./notification.ts";

test("a terminal is told as it says that it understands", () => {
  expect(notificationWay({ TERM: "xterm-256color", TERM_PROGRAM: "iTerm.app" })).toBe("osc 9");
  expect(notificationWay({ TERM: "xterm-kitty" })).toBe("osc 9");
  expect(notificationWay({ TERM: "foot-extra" })).toBe("osc 777");
  expect(notificationWay({ TERM: "xterm-256color", VTE_VERSION: "7402" })).toBe("osc 777");
  expect(notificationWay({ TERM: "xterm-256color" })).toBe("bell");
  expect(notificationWay({ TERM: "xterm-kitty", TMUX: "/tmp/tmux-0/default,1,0" })).toBe("bell");
});

test("who wrote and what stand where the terminal wants them", () => {
  const notification = { title: "bob in #ops", text: "Deploy is green.\nReally; yes." };
  expect(notificationSequence("osc 9", notification)).toBe(
    "\u001b]9;bob in #ops: Deploy is green. Really, yes.\u0007",
  );
  expect(notificationSequence("osc 777", notification)).toBe(
    "\u001b]777;notify;bob in #ops;Deploy is green. Really, yes.\u0007",
  );
  expect(notificationSequence("bell", notification)).toBe("");
});

test("nothing that somebody writes ends the sequence, parts it, or fills the terminal", () => {
  const anything = fc.oneof(
    fc.string({ unit: "binary", maxLength: 600 }),
    fc
      .array(
        fc.constantFrom(
          "\u001b",
          "\u0007",
          "\u009c",
          "\u001b\\",
          ";",
          "\n",
          "\u202e",
          "é",
          "👩‍👩‍👧",
          "\ud800",
        ),
      )
      .map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(anything, anything, fc.constantFrom("osc 9", "osc 777"), (title, text, way) => {
      const sequence = notificationSequence(way, { title, text });
      const fields = sequence.slice(2, -1);
      expect(fields).not.toMatch(/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u);
      expect(fields.split(";")).toHaveLength(way === "osc 9" ? 2 : 4);
      expect(sequence.length).toBeLessThan(400);
    }),
  );
});

test("of a burst the first message begins it, and silence ends it", () => {
  const bursts = new Bursts();
  expect([0, 1_000, 4_000, 7_900].map((at) => bursts.begins(at))).toEqual([true, false, false, false]);
  expect(bursts.begins(11_900)).toBe(true);
});
