import { accountId, toHex, validName } from "../../keys/index.ts";
import { NetError } from "../net/net-error.ts";
import type { Connect } from "./drain-outbox.ts";

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
    const seen = new Set<string>();
    let token = "";
    do {
      const page = await connection.listPeople({ size: PAGE_SIZE, token });
      for (const { name, accountId: id, registeredAt } of page.people) {
        if (!validName(name) || seen.has(name) || id.length !== 32) {
          throw new NetError("untrusted", "the relay's directory is not in order");
        }
        seen.add(name);
        yield { name, account: toHex(accountId(id)), registeredAt: Number(registeredAt) };
      }
      token = page.people.length === 0 ? "" : page.nextPageToken;
    } while (token !== "");
  } finally {
    connection.close();
  }
}
