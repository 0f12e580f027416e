/** Where a relay listens, as people write it: `http://HOST:PORT` or `https://HOST:PORT`. */
export interface RelayAddress {
  /** Normal form, without a path. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  /** What grpc-js dials: never a name resolver of its own choice. */
  readonly target: string;
}

const DEFAULT_RELAY_PORT = 7443;
export const DEFAULT_RELAY_URL = `http://127.0.0.1:${DEFAULT_RELAY_PORT}`;

/** Undefined when the text is not such an address; a path, a query or a user name makes it none. */
export function parseRelayAddress(text: string): RelayAddress | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) return undefined;
  const extras = [url.username, url.password, url.search, url.hash, url.pathname.slice(1)];
  if (url.hostname === "" || extras.some((part) => part !== "")) return undefined;
  // A URL drops the port that its scheme implies; without any, a relay is where relays are.
  const implied = url.protocol === "https:" ? 443 : 80;
  const written = new RegExp(`:${implied}/?$`).test(text.trim());
  const port = url.port === "" ? (written ? implied : DEFAULT_RELAY_PORT) : Number(url.port);
  return {
    url: `${url.protocol}//${url.hostname}:${port}`,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port,
    secure: url.protocol === "https:",
    target: `dns:${url.hostname}:${port}`,
  };
}
