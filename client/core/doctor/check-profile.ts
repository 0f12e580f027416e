import { countUnreadable, findDamage, outboxState, SCHEMA_VERSION } from "../../store/examine.ts";
import { readSecurityEvents } from "../../store/security-events.ts";
import { whatItIs } from "../inbox/unreadable.ts";
import type { Profile } from "../profile.ts";
import { isInItsPlace } from "../restored-profile/notice-older-copy.ts";
import { bad, type Check, count, failed, good, span } from "./check.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** What is older was seen, or is past mending. */
const LATELY_MS = 7 * DAY_MS;

/** What can be said without the relay. */
export function* checkProfile(profile: Profile): Generator<Check> {
  for (const [name, look] of looks) {
    try {
      yield look(profile);
    } catch (error) {
      yield failed(name, error);
    }
  }
}

const looks: readonly [Check["name"], (profile: Profile) => Check][] = [
  ["integrity", checkIntegrity],
  ["place", checkPlace],
  ["outbox", checkOutbox],
  ["messages", checkMessages],
  ["alarms", checkAlarms],
];

function checkIntegrity({ db }: Profile): Check {
  const damage = findDamage(db);
  if (damage.length === 0) return good("integrity", `every page is whole, schema ${SCHEMA_VERSION}`);
  const hint =
    "Save what can still be read with `chat export > FILE`, then put the profile's folder back from a backup, or make this machine a device anew: `chat login NAME` with another --profile and the recovery words.";
  return bad("integrity", "not_set_up", `the database is damaged: ${damage[0]}`, hint);
}

function checkPlace(profile: Profile): Check {
  if (isInItsPlace(profile) !== false) return good("place", "the profile is where it was last used");
  const detail = "the profile was moved, copied or put back since it was last used";
  const hint =
    "Nothing is to be done if it is the only one: at the next connection it takes fresh keys if it has to.";
  return bad("place", null, detail, hint);
}

function checkOutbox({ db, runtime }: Profile): Check {
  const { waiting, oldest, failed } = outboxState(db);
  const lost = failed === 0 ? "" : `; ${count(failed, "message")} could not be sent for good`;
  if (waiting === 0 || oldest === undefined) return good("outbox", `nothing waits${lost}`);
  const detail = `${count(waiting, "message waits", "messages wait")}, the oldest for ${span(runtime.now() - oldest)}${lost}`;
  return bad("outbox", null, detail, "They go out with the next command that connects, such as `chat read`.");
}

function checkMessages({ db, runtime }: Profile): Check {
  const found = countUnreadable(db, runtime.now() - LATELY_MS);
  if (found.length === 0) return good("messages", "all that came in the last 7 days could be read");
  const causes = found.map(({ code, count }) => `${count} ${whatItIs(code)}`).join(", ");
  const hint = "`chat read` says of each what helps.";
  return bad("messages", null, `not readable in the last 7 days: ${causes}`, hint);
}

function checkAlarms({ db, runtime }: Profile): Check {
  const since = runtime.now() - LATELY_MS;
  const alarms = readSecurityEvents(db).filter(({ gravity, at }) => gravity === "stop" && at >= since);
  const newest = alarms.at(-1);
  if (newest === undefined) return good("alarms", "none in the last 7 days");
  const detail = `${count(alarms.length, "alarm")} in the last 7 days, the newest: ${newest.text}`;
  return bad(
    "alarms",
    "security_stop",
    detail,
    "Ask the people concerned by another way before you send anything secret.",
  );
}
