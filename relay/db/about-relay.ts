// What a relay says of itself to whoever looks at the connections of its database: a comment in what it last asked there.
// No table has to be kept for that, and it is gone with the relay.

export interface AboutRelay {
  readonly version: string;
  /** It tells the others over NATS what is new. */
  readonly overNats: boolean;
}

/** For a statement. */
export function aboutRelay({ version, overNats }: AboutRelay): string {
  return `/* sotto ${version.replace(/[^\w.+-]/g, "")} ${overNats ? "with" : "without"} nats */`;
}

/** Undefined: it says nothing, or we may not read it. */
export function readAboutRelay(statement: string): AboutRelay | undefined {
  const [, version, nats] = /\/\* sotto (\S+) (with|without) nats \*\//.exec(statement) ?? [];
  return version === undefined ? undefined : { version, overNats: nats === "with" };
}
