// grpc.health.v1, for load balancers and orchestrators.
import { create } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import {
  Health,
  type HealthCheckRequest,
  type HealthCheckResponse,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../../proto/gen/grpc/health/v1/health_pb.ts";
import { relayUnavailable, StatusError } from "../errors.ts";
import { type Service, service, type WatchCall } from "../service.ts";
import type { Readiness } from "./readiness.ts";

/** Of all that nobody has to log in for. */
const MAX_WATCHES = 200;

/** `names`: the services that can be asked for, beside the server as a whole. All of them are as ready as the database. */
export function healthService(readiness: Readiness, names: readonly string[]): Service {
  const known = new Set(["", ...names]);
  let watches = 0;

  function watch({ stream, over, draining, end }: WatchCall<HealthCheckRequest, HealthCheckResponse>): void {
    let last: Status | undefined;
    const say = (now: Status): void => {
      if (now === last || over.hasCome) return;
      last = now;
      stream.write(create(HealthCheckResponseSchema, { status: now }));
    };
    if (over.hasCome) return;
    if (watches >= MAX_WATCHES) throw new StatusError(status.RESOURCE_EXHAUSTED, "too many watches");
    watches += 1;
    // The contract wants the watch of an unknown service to stay open, too.
    const isKnown = known.has(stream.request.service);
    const stop = readiness.watch((isReady) => say(isKnown ? statusOf(isReady) : Status.SERVICE_UNKNOWN));
    over.whenItComes(() => {
      watches -= 1;
      stop();
    });
    draining.whenItComes(() => {
      say(Status.NOT_SERVING);
      end(relayUnavailable());
    });
  }

  return service(Health, {
    check: {
      access: "anybody",
      handle: async ({ service: name }) => {
        if (!known.has(name)) throw new StatusError(status.NOT_FOUND, "no such service");
        return { status: statusOf(await readiness.isReady()) };
      },
    },
    watch: { access: "anybody", handle: watch },
  });
}

function statusOf(isReady: boolean): Status {
  return isReady ? Status.SERVING : Status.NOT_SERVING;
}
