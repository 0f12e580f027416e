import { listDevices } from "../../core/account/devices.ts";
import { countPrekeysLeft, keyDetails } from "../../core/account/key-details.ts";
import { rotatePrekeys } from "../../core/account/rotate-prekeys.ts";
import { connector } from "../../core/connection/connect.ts";
import type { KeyDetails } from "../model/data.ts";
import type { Doing } from "./doing.ts";

/** What this device knows at once, then what the relay has of it. */
export const loadKeys: Doing<"load keys"> = async ({ profile, relay }, _effect, tell) => {
  if (profile === undefined) return;
  const connect = connector(profile, relay);
  const show = (prekeysLeft: KeyDetails["prekeysLeft"]) =>
    tell({ kind: "loaded", loaded: { what: "keys", keys: { ...keyDetails(profile), prekeysLeft } } });
  show("asking");
  const prekeysLeft = await countPrekeysLeft(connect);
  // Where it is away, the devices are those that were known last.
  if (prekeysLeft !== undefined) await listDevices(profile, connect);
  show(prekeysLeft);
};

export const rotate: Doing<"rotate prekeys"> = async ({ profile, relay }, { kind }, tell) => {
  if (profile === undefined) return;
  await rotatePrekeys(profile, connector(profile, relay));
  const said = "New prekeys are at the relay.";
  tell({ kind: "loaded", loaded: { what: "done", effect: kind, conversation: undefined, said } });
};
