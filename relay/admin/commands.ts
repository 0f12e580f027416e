// What `chat relay admin` does, one function a command.
import type { Database } from "../db/pool.ts";
import { StartupError } from "../startup-error.ts";
import { markRestored } from "../upkeep/mark-restored.ts";
import {
  type AccountListed,
  deleteAccount,
  disableAccount,
  enableAccount,
  listAccounts,
} from "./accounts.ts";
import { listInvitations, makeInvitation, withdrawInvitation } from "./invitations.ts";
import { type RelayPlace, relayFolder, withRelayDatabase } from "./open-database.ts";
import { type AdminOutput, columns, MINUTE_WIDTH, moment, shown, size, table } from "./output.ts";
import { rotateTokenKeys } from "./rotate-keys.ts";
import { selectLongestName } from "./sql/accounts.ts";
import { countRelays } from "./sql/count-relays.ts";
import { selectBiggestSenders, selectUsage } from "./sql/select-usage.ts";

export interface Admin {
  readonly place: RelayPlace;
  readonly output: AdminOutput;
  readonly now: number;
}

const BIGGEST_SENDERS = 10;

export async function accounts({ place, output }: Admin): Promise<void> {
  await withRelayDatabase(place, async (db) => {
    if (output.json) {
      return listAccounts(db, (page) => {
        for (const one of page) output.object(accountObject(one));
      });
    }
    const headings = ["NAME", "REGISTERED", "LAST SEEN", "DEVICES", ""];
    const name = Math.max(await selectLongestName(db), headings[0]?.length ?? 0);
    const widths = [name, MINUTE_WIDTH, MINUTE_WIDTH, headings[3]?.length ?? 0];
    output.line(columns(widths, [headings]));
    return listAccounts(db, (page) => output.line(columns(widths, page.map(accountRow))));
  });
}

function accountObject(one: AccountListed): object {
  return {
    type: "account",
    name: one.name,
    account: one.account,
    registered_at: moment(one.registeredAt),
    seen_at: moment(one.seenAt),
    devices: one.devices,
    disabled_at: moment(one.disabledAt),
  };
}

function accountRow({ name, registeredAt, seenAt, devices, disabledAt }: AccountListed): string[] {
  const state = disabledAt === undefined ? "" : `disabled ${shown(disabledAt, "")}`;
  return [name, shown(registeredAt, ""), shown(seenAt, "never"), String(devices), state];
}

export async function usage({ place, output }: Admin): Promise<void> {
  const { total, senders } = await withRelayDatabase(place, async (db) => ({
    total: await selectUsage(db),
    senders: await selectBiggestSenders(db, BIGGEST_SENDERS),
  }));
  if (output.json) {
    const numbers = Object.entries(total).map(([name, value]) => [name, Number(value)]);
    output.object({ type: "usage", ...Object.fromEntries(numbers) });
    for (const { name, messages, message_bytes } of senders) {
      output.object({
        type: "sender",
        name,
        messages: Number(messages),
        message_bytes: Number(message_bytes),
      });
    }
    return;
  }
  output.line(
    [
      `${total.accounts} accounts (${total.disabled} disabled) with ${total.devices} devices`,
      `${total.conversations} conversations, ${total.messages} messages kept: ${size(total.message_bytes)}`,
      `${size(total.database_bytes)} of database`,
    ].join("\n"),
  );
  if (senders.length === 0) return;
  const rows = senders.map(({ name, messages, message_bytes }) => [
    name,
    String(messages),
    size(message_bytes),
  ]);
  output.line(`\n${table(["SENDER", "MESSAGES KEPT", "SIZE"], rows)}`);
}

export async function disable(admin: Admin, name: string): Promise<void> {
  await changed(admin, "disabled", (db) => disableAccount(db, name, admin.now));
}

export async function enable(admin: Admin, name: string): Promise<void> {
  await changed(admin, "enabled", (db) => enableAccount(db, name));
}

export async function remove(admin: Admin, name: string, freeName: boolean): Promise<void> {
  await changed(admin, "deleted", (db) => deleteAccount(db, name, { now: admin.now, freeName }));
}

async function changed(
  { place, output }: Admin,
  state: "disabled" | "enabled" | "deleted",
  work: (db: Database) => Promise<string>,
): Promise<void> {
  const name = await withRelayDatabase(place, work);
  if (output.json) output.object({ type: "account", name, state });
  else output.line(`The account ${name} is ${state}.`);
}

export async function invite(
  { place, output, now }: Admin,
  { uses, lifetime }: { uses: number; lifetime: number | undefined },
): Promise<void> {
  const expiresAt = lifetime === undefined ? undefined : now + lifetime;
  const { id, token } = await withRelayDatabase(place, (db) => makeInvitation(db, { uses, expiresAt, now }));
  if (output.json) {
    output.object({ type: "invitation", id, token, uses, used: 0, expires_at: moment(expiresAt) });
  } else {
    output.line(token);
  }
}

export async function invitations({ place, output, now }: Admin): Promise<void> {
  const all = await withRelayDatabase(place, (db) => listInvitations(db, now));
  if (output.json) {
    for (const { id, uses, used, createdAt, expiresAt } of all) {
      const [created_at, expires_at] = [moment(createdAt), moment(expiresAt)];
      output.object({ type: "invitation", id, uses, used, created_at, expires_at });
    }
    return;
  }
  const rows = all.map(({ id, uses, used, createdAt, expiresAt }) => {
    return [id, `${used} of ${uses}`, shown(createdAt, ""), shown(expiresAt, "never")];
  });
  output.line(table(["ID", "USED", "MADE", "ENDS"], rows));
}

export async function withdraw({ place, output }: Admin, id: string): Promise<void> {
  await withRelayDatabase(place, (db) => withdrawInvitation(db, id));
  if (output.json) output.object({ type: "invitation", id, state: "withdrawn" });
  else output.line(`The invitation ${id} is withdrawn.`);
}

/** The database was put back from a backup, and nothing shows it. Throws StartupError while a relay serves it. */
export async function restored({ place, output, now }: Admin): Promise<void> {
  const conversations = await withRelayDatabase(place, async (db) => {
    if ((await countRelays(db)) > 0) throw stillServing();
    return markRestored(db, now);
  });
  if (output.json) output.object({ type: "restored", conversations });
  else output.line(`${conversations} conversations go on as restored: clients send again what is missing.`);
}

function stillServing(): StartupError {
  return new StartupError(
    "relay_running",
    "A relay serves this database.",
    "Stop it, then say it again; start it after that.",
  );
}

/** Needs no database. */
export async function rotateKeys({ place, output, now }: Admin): Promise<void> {
  const { kept, dropped } = await rotateTokenKeys(await relayFolder(place), now);
  if (output.json) output.object({ type: "token_keys", kept, dropped });
  else output.line(`A new key signs access tokens from now on; ${kept} older kept, ${dropped} dropped.`);
}
