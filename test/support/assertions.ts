import { KeysError, type KeysErrorCode } from "../../keys/errors.ts";

/** The code with which `act` is refused; "nothing" if it goes through. Any other error is passed on. */
export function refusal(act: () => unknown): KeysErrorCode | "nothing" {
  try {
    act();
  } catch (error) {
    if (error instanceof KeysError) return error.code;
    throw error;
  }
  return "nothing";
}
