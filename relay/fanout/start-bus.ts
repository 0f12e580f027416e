// Joins a relay to the others of its database.
import { randomInt } from "node:crypto";
import type { ClientConfig } from "pg";
import { putOutDisabled } from "../admin/accounts.ts";
import { aboutRelay } from "../db/about-relay.ts";
import { carryEvents, receiveEvents } from "../db/carry-events.ts";
import type { Database } from "../db/pool.ts";
import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { version } from "../version.ts";
import type { Bus } from "./bus.ts";
import { LocalBus } from "./local.ts";
import { NatsBus } from "./nats-bus.ts";
import { NatsLink } from "./nats-link.ts";
import { OtherRelays } from "./other-relays.ts";
import { Poller } from "./poller.ts";
import { shutOut } from "./shut-out.ts";
import { selectInstallation } from "./sql/select-installation.ts";

export interface BusSetup {
  readonly connection: ClientConfig;
  readonly database: Database;
  /** It belongs to this process: no other relay is on it. */
  readonly isOwnDatabase: boolean;
  /** Addresses of NATS servers; absent: there is none. */
  readonly nats: readonly string[] | undefined;
  readonly metrics: Metrics;
  readonly log: Logger;
}

interface StartedBus {
  readonly bus: Bus;
  /** To be called when nothing is published any more. */
  readonly close: () => Promise<void>;
}

/** Does not wait for NATS. */
export async function startBus(setup: BusSetup): Promise<StartedBus> {
  const { connection, database, isOwnDatabase, nats, metrics, log } = setup;
  // PostgreSQL's locks are named by such a number.
  const relay = randomInt(1, 2 ** 31);
  const about = aboutRelay({ version, overNats: nats !== undefined });
  if (isOwnDatabase && nats === undefined) {
    const bus = new LocalBus();
    const onConnected = () => putOutDisabled(database, bus);
    return {
      bus,
      close: receiveEvents(connection, (event) => bus.publish(event), { log, relay, about, onConnected }),
    };
  }
  const others = new OtherRelays(relay);
  const installation = await selectInstallation(database);
  const link = nats && new NatsLink({ servers: nats, log });
  const carry = (event: Parameters<Bus["publish"]>[0]) => carryEvents(database, [event], relay);
  const isShutOut = shutOut(database);
  const bus = new NatsBus({ link, installation, relay, others, carry, isShutOut, metrics, log });
  const hear = bus.hear.bind(bus);
  const onConnected = () => putOutDisabled(database, { publish: hear });
  const deafen = receiveEvents(connection, hear, { log, relay, about, onConnected });
  const poller = new Poller({ database, bus, link, others, metrics, log });
  bus.onDoubt = () => poller.doubt();
  return {
    bus,
    close: async () => {
      await poller.stop();
      await deafen();
      await bus.close();
    },
  };
}
