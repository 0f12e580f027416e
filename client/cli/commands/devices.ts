import { type DeviceListed, knownDevices, listDevices, revokeDevice } from "../../core/account/devices.ts";
import { connector } from "../../core/connection/connect.ts";
import { explainFailure } from "../../core/explain-failure.ts";
import type { Profile } from "../../core/profile.ts";
import { type Context, unlessInterrupted } from "../context.ts";
import { deviceObject } from "../json-objects.ts";
import { recoveryWords } from "../secrets.ts";
import { dateOf, moment } from "../times.ts";
import { withProfile } from "../with-profile.ts";

const SHORT_ID = 8;

export async function devices(context: Context): Promise<void> {
  const { output } = context;
  await withProfile(context, async (profile) => {
    for (const device of await newest(context, profile)) {
      if (output.json) output.object(deviceObject(device));
      else output.line(rowOf(context, device));
    }
  });
}

/** As the relay has them, or as they were when it was last there. */
async function newest(context: Context, profile: Profile): Promise<DeviceListed[]> {
  try {
    return await unlessInterrupted(context, listDevices(profile, connector(profile, context.relay)));
  } catch (error) {
    const why = explainFailure(error);
    if (why.code !== "relay_unreachable") throw error;
    context.output.note(`${why.message} These are the devices as they were last known.`);
    return knownDevices(profile);
  }
}

function rowOf({ output, now }: Context, { id, isCurrent, addedAt }: DeviceListed): string {
  const since = moment(dateOf(addedAt), now());
  const mark = isCurrent ? "  this device" : "";
  return `${output.paint("cyan", id.slice(0, SHORT_ID))}  ${output.paint("dim", `since ${since}`)}${mark}`;
}

export async function revoke(context: Context, id: string, recoveryFile: string | undefined): Promise<void> {
  const { output } = context;
  await withProfile(context, async (profile) => {
    const words = recoveryFile === undefined ? undefined : await recoveryWords(context, recoveryFile);
    const connect = connector(profile, context.relay);
    const revoked = await unlessInterrupted(context, revokeDevice(profile, connect, id, words));
    if (output.json) output.object({ type: "device_revoked", id: revoked });
    else if (!output.quiet) output.line(`The device ${revoked.slice(0, SHORT_ID)} is signed out.`);
  });
}
