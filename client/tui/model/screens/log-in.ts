import { emptyComposer } from "../composer.ts";
import type { Behaviour } from "./behaviour.ts";
import { fieldAfter } from "./moving.ts";
import type { LogInScreen } from "./screen.ts";
import { withTyped } from "./wizard-field.ts";

export const loggingIn: LogInScreen = {
  kind: "log in",
  password: emptyComposer,
  isBusy: false,
  failure: undefined,
};

export const logIn: Behaviour<LogInScreen> = {
  contexts: () => ["wizard", "text"],
  run(screen, command) {
    const { password, isBusy } = screen;
    if (command === "choose") {
      if (isBusy || password.text === "") return { screen };
      return {
        screen: { ...screen, isBusy: true, failure: undefined },
        effects: [{ kind: "log in", password: password.text }],
      };
    }
    const after = isBusy ? undefined : fieldAfter(password, command);
    return after && { screen: { ...screen, password: after, failure: undefined } };
  },
  type: (screen, text) =>
    screen.isBusy
      ? { screen }
      : { screen: { ...screen, password: withTyped(screen.password, text), failure: undefined } },
  choose: (screen) => ({ screen }),
  take: (_screen, answer) =>
    answer.what === "done" && answer.effect === "log in"
      ? { screen: "close", effects: [{ kind: "reconnect" }] }
      : undefined,
  fail: (screen, effect, failure) =>
    effect === "log in" ? { ...screen, isBusy: false, failure } : undefined,
};
