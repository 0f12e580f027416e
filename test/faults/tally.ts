/** What happened in a run, in numbers. */
export interface Tally {
  /** Commands that were run to send. */
  sends: number;
  relay: number;
  postgres: number;
  both: number;
  /** SIGTERM. */
  relayStops: number;
  senders: number;
  tails: number;
  readers: number;
  /** SIGSTOP, then SIGCONT: of a relay, of its PostgreSQL, of clients. */
  suspended: number;
  cuts: number;
  /** Times in which the network was slow, frozen or refused. */
  storms: number;
  /** Access tokens that ran out early. */
  tokens: number;
  /** Kills of NATS. */
  nats: number;
  /** Times in which the database's disk was full. */
  fullDisks: number;
  /** Times in which the relays' clock was off. */
  jumps: number;
  /** Of the database: made, and put back. */
  backups: number;
  restores: number;
}

export function newTally(): Tally {
  return {
    sends: 0,
    relay: 0,
    postgres: 0,
    both: 0,
    relayStops: 0,
    senders: 0,
    tails: 0,
    readers: 0,
    suspended: 0,
    cuts: 0,
    storms: 0,
    tokens: 0,
    nats: 0,
    fullDisks: 0,
    jumps: 0,
    backups: 0,
    restores: 0,
  };
}
