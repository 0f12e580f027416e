import { wayTo } from "../../core/account/find-relay.ts";
import { measureRoundTrip, newestFindings, relayDoors } from "../../core/account/relay-details.ts";
import { whoami } from "../../core/account/whoami.ts";
import { chooseRelay, connector } from "../../core/connection/connect.ts";
import { safeText } from "../../safe-text.ts";
import type { RelayDetails } from "../model/data.ts";
import type { Doing } from "./doing.ts";

type Address = ReturnType<typeof chooseRelay>;
type Doors = Awaited<ReturnType<typeof relayDoors>>;

/** What this device knows at once, then how long an answer takes, and what the relay says of its doors. */
export const loadRelay: Doing<"load relay"> = async ({ profile, relay }, _effect, tell) => {
  if (profile === undefined) return;
  const address = chooseRelay(relay, whoami(profile).relay);
  const known = {
    url: safeText(address.url.replace(/#.*$/, "")),
    proof: safeText(proofOf(address)),
    findings: newestFindings(profile).map(({ at, text, gravity }) => ({ at, text: safeText(text), gravity })),
  };
  const show = (roundTripMs: RelayDetails["roundTripMs"], doors: Partial<Doors> = {}) =>
    tell({
      kind: "loaded",
      loaded: { what: "relay", relay: { ...known, roundTripMs, ...doorsInWords(doors) } },
    });
  show("asking");
  const [roundTrip, doors] = await Promise.all([
    measureRoundTrip(connector(profile, relay)),
    relayDoors(address).catch(() => ({})),
  ]);
  show(roundTrip, doors);
};

/** What shows that it is the relay that it claims to be. */
function proofOf(address: Address): string {
  if (address.pin !== undefined) return `its own certificate, pinned: ${address.pin}`;
  const ways = {
    tls: "a certificate that holds",
    "this machine": "being on this machine",
    open: "nothing: the network between sees who talks to whom",
  };
  return ways[wayTo(address)];
}

const directories: Readonly<Record<NonNullable<Doors["directory"]>, string>> = {
  open: "open: everybody on the relay is listed",
  exact: "by exact name: nobody is listed",
  off: "off: nobody is found by name",
};

const registrations: Readonly<Record<NonNullable<Doors["registration"]>, string>> = {
  open: "welcome: everybody may make an account",
  invite: "by invitation",
  closed: "none: no new accounts are made",
};

function doorsInWords({ directory, registration }: Partial<Doors>) {
  return {
    directory: directory && directories[directory],
    registration: registration && registrations[registration],
  };
}
