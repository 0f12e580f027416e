import { accountId, toHex, validName } from "../../../keys/index.ts";
import { NetError } from "../../net/net-error.ts";
import type { Person, RelayConnection } from "../../net/relay-connection.ts";
import { readPinnedName } from "../../store/accounts.ts";
import type { Connect } from "../outbox/drain-outbox.ts";
import type { Profile } from "../profile.ts";

export interface PersonListed {
  readonly name: string;
  /** Hex. */
  readonly account: string;
  /** Milliseconds since 1970, by the relay's clock. */
  readonly registeredAt: number;
}

const PAGE_SIZE = 500;

/** Everybody on the relay, in the order of their names, as the relay says: only chains prove who is who. */
export async function* listPeople(connect: Connect): AsyncGenerator<PersonListed> {
  const connection = await connect();
  try {
    yield* listFrom(connection);
  } finally {
    connection.close();
  }
}

export async function* listFrom(
  connection: Pick<RelayConnection, "listPeople">,
): AsyncGenerator<PersonListed> {
  const seen = new Set<string>();
  let token = "";
  do {
    const page = await connection.listPeople({ size: PAGE_SIZE, token });
    for (const person of page.people) {
      if (seen.has(person.name)) throw outOfOrder();
      seen.add(person.name);
      yield checkedPerson(person);
    }
    token = page.people.length === 0 ? "" : page.nextPageToken;
  } while (token !== "");
}

/** Whether this profile has verified the account of that name. */
export function isKnown({ db, identity }: Profile, { name, account }: PersonListed): boolean {
  const known = name === identity.name ? identity.accountId : readPinnedName(db, name);
  return known !== undefined && toHex(known) === account;
}

/** Throws NetError `untrusted`. */
export function checkedPerson({ name, accountId: id, registeredAt }: Person): PersonListed {
  if (!validName(name) || id.length !== 32) throw outOfOrder();
  return { name, account: toHex(accountId(id)), registeredAt: Number(registeredAt) };
}

function outOfOrder(): NetError {
  return new NetError("untrusted", "the relay's directory is not in order");
}
