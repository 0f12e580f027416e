import { accountId, validName } from "../../keys/public.ts";
import type { LookUpPeopleRequest, Person } from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import type { Queries } from "../db/pool.ts";
import { malformed } from "../errors.ts";
import { MAX_LOOKED_UP } from "./limits.ts";
import { type PersonRow, selectPeople } from "./sql/select-people.ts";

type PersonFields = Pick<Person, "accountId" | "name" | "registeredAt">;

/** Those of the people asked for that exist. A name that nobody can have is nobody's. */
export async function lookUpPeople(
  db: Queries,
  request: LookUpPeopleRequest,
): Promise<{ people: PersonFields[] }> {
  if (request.names.length > MAX_LOOKED_UP || request.accountIds.length > MAX_LOOKED_UP) {
    throw malformed(`at most ${MAX_LOOKED_UP} names and ids`);
  }
  const people = await selectPeople(db, request.names.filter(validName), request.accountIds.map(accountId));
  return { people: people.map(person) };
}

export function person(row: PersonRow): PersonFields {
  return { accountId: row.account_id, name: row.name, registeredAt: row.registered_at };
}
