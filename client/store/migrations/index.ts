import { firstSchema } from "./001-first-schema.ts";
import { groupsAndAnnotations } from "./002-groups-and-annotations.ts";
import { search } from "./003-search.ts";
import { sharedHistory } from "./004-shared-history.ts";
import { rightsAndErasures } from "./005-rights-and-erasures.ts";
import { erasedRows } from "./006-erased-rows.ts";
import { summaries } from "./007-summaries.ts";
import { placesOfEvents } from "./008-places-of-events.ts";
import { drafts } from "./009-drafts.ts";
import { origin } from "./010-origin.ts";
import { ownState } from "./011-own-state.ts";
import { contacts } from "./012-contacts.ts";
import { lasting } from "./013-lasting.ts";
import { olderCopies } from "./014-older-copies.ts";
import { headsInLogs } from "./015-heads-in-logs.ts";
import { provenHeads } from "./016-proven-heads.ts";
import { countsKept } from "./017-counts-kept.ts";

/** In order; the profile's `user_version` counts how many it has seen. Never change one that was released: add one. */
export const migrations: readonly string[] = [
  firstSchema,
  groupsAndAnnotations,
  search,
  sharedHistory,
  rightsAndErasures,
  erasedRows,
  summaries,
  placesOfEvents,
  drafts,
  origin,
  ownState,
  contacts,
  lasting,
  olderCopies,
  headsInLogs,
  provenHeads,
  countsKept,
];
