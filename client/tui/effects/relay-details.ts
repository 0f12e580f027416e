import { measureRoundTrip, newestFindings } from "../../core/account/relay-details.ts";
import { whoami } from "../../core/account/whoami.ts";
import { connector } from "../../core/connection/connect.ts";
import { safeText } from "../../safe-text.ts";
import type { RelayDetails } from "../model/data.ts";
import type { Doing } from "./doing.ts";

/** What this device knows at once, then how long an answer takes. */
export const loadRelay: Doing<"load relay"> = async ({ profile, relay }, _effect, tell) => {
  if (profile === undefined) return;
  const known = {
    url: safeText(relay ?? whoami(profile).relay),
    proof: undefined,
    directory: undefined,
    registration: undefined,
    findings: newestFindings(profile).map(({ at, text, gravity }) => ({ at, text: safeText(text), gravity })),
  };
  const show = (roundTripMs: RelayDetails["roundTripMs"]) =>
    tell({ kind: "loaded", loaded: { what: "relay", relay: { ...known, roundTripMs } } });
  show("asking");
  show(await measureRoundTrip(connector(profile, relay)));
};
