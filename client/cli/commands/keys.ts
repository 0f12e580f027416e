import { countPrekeysLeft, keyDetails } from "../../core/account/key-details.ts";
import { rotatePrekeys } from "../../core/account/rotate-prekeys.ts";
import { connector } from "../../core/connection/connect.ts";
import { safeText } from "../../safe-text.ts";
import { type Context, unlessInterrupted } from "../context.ts";
import { keysObject } from "../json-objects.ts";
import { withProfile } from "../with-profile.ts";

/** Public, all of it. What the relay has left it is asked for, and left out if it is away. */
export async function keys(context: Context, isRotation: boolean): Promise<void> {
  const { output } = context;
  await withProfile(context, async (profile) => {
    const connect = connector(profile, context.relay);
    if (isRotation) await unlessInterrupted(context, rotatePrekeys(profile, connect));
    // First: whoever asks a relay has loaded what verifies the account's chain, too.
    const prekeysLeft = await unlessInterrupted(context, countPrekeysLeft(connect));
    const details = keyDetails(profile);
    if (output.json) {
      output.object(keysObject(details, prekeysLeft));
      return;
    }
    const current = details.devices.find(({ isThis }) => isThis)?.id ?? "signed out";
    output.line(output.paint("bold", safeText(details.name)));
    const rows = [
      ["fingerprint", inFives(details.fingerprint)],
      ["this device", current],
      ["devices", String(details.devices.length)],
      ["prekeys left", prekeysLeft === undefined ? "the relay does not answer" : String(prekeysLeft)],
      ["sessions", String(details.sessions)],
    ] as const;
    for (const [label, value] of rows) output.line(`  ${output.paint("dim", label.padEnd(12))}  ${value}`);
    if (isRotation) output.note("This device's prekeys are new.");
  });
}

function inFives(digits: string): string {
  return digits.match(/\d{1,5}/g)?.join(" ") ?? digits;
}
