import type { Check } from "../../core/doctor/check.ts";
import { examine } from "../../core/doctor/examine.ts";
import { safeText } from "../../safe-text.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { profilePassphrase } from "../secrets.ts";
import { pathsOf } from "../with-profile.ts";

/** What is worst comes first: with several failures the first of these is the exit status. */
const gravest = [76, 70, 73, 78, 77, 64, 69] as const;
const NAME_WIDTH = "integrity".length;

/** Prints each finding as it comes. The exit status of the worst one; 0 when nothing fails. */
export async function doctor(context: Context, version: string): Promise<number> {
  const { output, relay, signal } = context;
  const found: Check[] = [];
  const passphrase = () => profilePassphrase(context);
  for await (const check of examine({ version, paths: pathsOf(context), passphrase, relay })) {
    signal.throwIfAborted();
    found.push(check);
    if (output.json) output.object(checkObject(check));
    else print(context, check);
  }
  const failures = found.flatMap(({ code }) => (code === null ? [] : [exitCodes[code]]));
  if (!output.json && !output.quiet) output.line(`\n${summary(found)}`);
  return gravest.find((status) => failures.includes(status)) ?? failures[0] ?? 0;
}

function print({ output }: Context, { name, ok, detail, hint, code }: Check): void {
  if (output.quiet && ok) return;
  const sign = ok
    ? output.paint("cyan", "✓")
    : output.paint(code === null ? "yellow" : "red", code ? "✗" : "!");
  output.line(`${sign} ${name.padEnd(NAME_WIDTH)}  ${safeText(detail)}`);
  if (hint !== null) output.line(`  ${" ".repeat(NAME_WIDTH)}  ${output.paint("dim", safeText(hint))}`);
}

function summary(found: readonly Check[]): string {
  const failures = found.filter(({ code }) => code !== null).length;
  if (failures > 0) return `${failures} of ${found.length} checks failed.`;
  return found.every(({ ok }) => ok) ? "All is well." : "Nothing is broken.";
}

function checkObject({ name, ok, detail, hint, code }: Check): object {
  return { type: "check", name, ok, detail, hint, code };
}
