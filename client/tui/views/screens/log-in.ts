import type { Line } from "../../model/line.ts";
import type { LogInScreen } from "../../model/screens/screen.ts";
import type { State } from "../../model/state.ts";
import { fieldLine, masked } from "./field.ts";
import { emptyRow, failureRows, listing, plainRow, textRows } from "./listing.ts";

export function logInLines(screen: LogInScreen, { me }: State, width: number, height: number): Line[] {
  const { password, isBusy, failure } = screen;
  const about = "The password of the account gives this device another login. What is here stays as it is.";
  const head = [plainRow(`Log in again as ${me}`, "strong"), ...textRows(about, width), emptyRow];
  const field = { line: fieldLine(masked(password), "Password", width) };
  const doing = isBusy ? [emptyRow, ...textRows("◌ Logging in…", width)] : [];
  const foot = failure === undefined ? doing : [emptyRow, ...failureRows(failure, width)];
  return listing({ head, body: [field], foot, chosen: 0 }, width, height);
}
