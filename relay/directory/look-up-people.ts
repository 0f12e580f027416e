import { accountId, validName } from "../../keys/public.ts";
import type { LookUpPeopleRequest, Person } from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import type { Queries } from "../db/pool.ts";
import type { DirectoryDoor } from "../doors.ts";
import { ErrorReason, malformed, RelayError } from "../errors.ts";
import type { Caller } from "../service.ts";
import { MAX_LOOKED_UP } from "./limits.ts";
import { selectAcquainted } from "./sql/select-acquainted.ts";
import { type PersonRow, selectPeople } from "./sql/select-people.ts";

type PersonFields = Pick<Person, "accountId" | "name" | "registeredAt">;

/** Those of the people asked for that exist and may be found. A name that nobody can have is nobody's. */
export async function lookUpPeople(
  db: Queries,
  door: DirectoryDoor,
  request: LookUpPeopleRequest,
  caller: Pick<Caller, "accountId">,
): Promise<{ people: PersonFields[] }> {
  if (request.names.length > MAX_LOOKED_UP || request.accountIds.length > MAX_LOOKED_UP) {
    throw malformed(`at most ${MAX_LOOKED_UP} names and ids`);
  }
  const ids = request.accountIds.map(accountId);
  if (door === "off" && request.names.length > 0) throw directoryClosed();
  const allowed = door === "off" ? await selectAcquainted(db, caller.accountId, ids) : ids;
  const people = await selectPeople(db, request.names.filter(validName), allowed);
  return { people: people.map(person) };
}

/** Throws DIRECTORY_CLOSED: of whom nobody is to know, none is listed, and nobody is told who is new. */
export function checkListed(door: DirectoryDoor): void {
  if (door !== "open") throw directoryClosed();
}

function directoryClosed(): RelayError {
  return new RelayError(ErrorReason.DIRECTORY_CLOSED, "this relay does not tell who is on it");
}

export function person(row: PersonRow): PersonFields {
  return { accountId: row.account_id, name: row.name, registeredAt: row.registered_at };
}
