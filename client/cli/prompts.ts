import { confirm, input, password } from "@inquirer/prompts";
import { ChatError } from "../core/chat-error.ts";

/** Questions go to standard error: standard output is for results. */
const surroundings = (signal: AbortSignal) => ({ input: process.stdin, output: process.stderr, signal });

export async function askPassword(message: string, signal: AbortSignal): Promise<string> {
  return asked(
    password(
      { message, mask: "•", toggleMask: false, validate: (given) => given !== "" },
      surroundings(signal),
    ),
  );
}

/** Asks until both times are the same. `check` throws for a password that will not do. */
export async function askNewPassword(
  signal: AbortSignal,
  check?: (password: string) => void,
): Promise<string> {
  for (;;) {
    const validate = (given: string): true | string => complaint(() => check?.(given));
    const first = await asked(
      password(
        { message: "Choose a password", mask: "•", toggleMask: false, validate },
        surroundings(signal),
      ),
    );
    const again = await askPassword("The same again", signal);
    if (again === first) return first;
    process.stderr.write("Those were two different passwords. Once more:\n");
  }
}

export async function askText(
  message: string,
  suggestion: string | undefined,
  signal: AbortSignal,
  check: (given: string) => void,
): Promise<string> {
  const validate = (given: string): true | string => complaint(() => check(given));
  const proposed = suggestion === undefined ? {} : { default: suggestion };
  return asked(input({ message, validate, ...proposed }, surroundings(signal)));
}

export async function askYes(message: string, signal: AbortSignal, suggested = true): Promise<boolean> {
  return asked(confirm({ message, default: suggested }, surroundings(signal)));
}

/** For what cannot be taken back: Enter alone is no. */
export async function askYesOrNo(message: string, signal: AbortSignal): Promise<boolean> {
  return asked(confirm({ message, default: false }, surroundings(signal)));
}

/** Shown as they are typed: nobody types 24 words blindly. `check` throws for what are none. */
export async function askWords(
  message: string,
  signal: AbortSignal,
  check: (given: string) => void = () => undefined,
): Promise<string> {
  const validate = (given: string): true | string => complaint(() => check(given));
  // Afterwards the terminal's lines no longer hold them.
  const theme = { style: { answer: () => "(taken)" } };
  return asked(input({ message, validate, theme }, surroundings(signal)));
}

function complaint(check: () => void): true | string {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof ChatError) return error.message;
    throw error;
  }
}

/** Ctrl-C and the end of input at a prompt. */
async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new ChatError("interrupted", "Interrupted.", { cause });
  }
}
