import { DirectoryService } from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import type { Bus } from "../fanout/bus.ts";
import type { Rate } from "../limits.ts";
import type { Parts } from "../parts.ts";
import { RateLimit } from "../rate-limit.ts";
import { type Service, service } from "../service.ts";
import { appendAccountEntry } from "./append-account-entry.ts";
import { getAccountChains } from "./get-account-chains.ts";
import { defaultPairsTaken } from "./limits.ts";
import { listPeople } from "./list-people.ts";
import { checkListed, lookUpPeople } from "./look-up-people.ts";
import { publishPrekeys } from "./publish-prekeys.ts";
import { countPrekeys } from "./sql/count-prekeys.ts";
import { takePrekeyBundles } from "./take-prekey-bundles.ts";
import { Watches, watchPeople } from "./watch-people.ts";

/** `pairsTaken`: one-time pairs that one account may take from one device. */
export function directoryService(
  {
    database: db,
    clock,
    doors: { directory: door },
    metrics,
  }: Pick<Parts, "database" | "clock" | "doors" | "metrics">,
  bus: Bus,
  pairsTaken: Rate = defaultPairsTaken,
): Service {
  const takers = new RateLimit(pairsTaken, metrics.rateLimited.of("pairsTakenFromDevice"));
  const watches = new Watches();
  return service(DirectoryService, {
    lookUpPeople: {
      access: "devices",
      handle: (request, caller) => lookUpPeople(db, door, request, caller),
    },
    listPeople: {
      access: "devices",
      handle: async (request) => {
        checkListed(door);
        return listPeople(db, request);
      },
    },
    watchPeople: {
      access: "devices",
      handle: async (call, caller) => {
        checkListed(door);
        watchPeople({ bus, watches, clock }, call, caller);
      },
    },
    getAccountChains: { access: "devices", handle: (request) => getAccountChains(db, request) },
    appendAccountEntry: {
      access: "devices",
      handle: (request, caller) => appendAccountEntry(db, bus, request, caller.accountId),
    },
    publishPrekeys: { access: "devices", handle: (request, caller) => publishPrekeys(db, request, caller) },
    countPrekeys: {
      access: "devices",
      handle: async (_request, caller) => {
        const { stretches: _, ...counts } = await countPrekeys(db, caller.accountId, caller.deviceId);
        return counts;
      },
    },
    takePrekeyBundles: {
      access: "devices",
      handle: (request, caller) => takePrekeyBundles(db, takers, request, caller),
    },
  });
}
