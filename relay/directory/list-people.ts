import { validName } from "../../keys/public.ts";
import type { ListPeopleRequest } from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import type { Queries } from "../db/pool.ts";
import { malformed } from "../errors.ts";
import { DEFAULT_PEOPLE_PAGE, MAX_PEOPLE_PAGE } from "./limits.ts";
import { person } from "./look-up-people.ts";
import { selectPeoplePage } from "./sql/select-people-page.ts";

/** A page token is the last name of the page before: whoever registers meanwhile shifts nothing. */
export async function listPeople(db: Queries, { pageSize, pageToken }: ListPeopleRequest) {
  if (pageSize > MAX_PEOPLE_PAGE) throw malformed(`at most ${MAX_PEOPLE_PAGE} people a page`);
  if (pageToken !== "" && !validName(pageToken)) throw malformed("not a page token");
  const size = pageSize === 0 ? DEFAULT_PEOPLE_PAGE : pageSize;
  const rows = await selectPeoplePage(db, pageToken, size + 1);
  const people = rows.slice(0, size).map(person);
  return { people, nextPageToken: rows.length > size ? (people.at(-1)?.name ?? "") : "" };
}
