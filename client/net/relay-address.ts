/**
 * Where a relay listens, as people write it: `http://HOST:PORT` or `https://HOST:PORT`; with `#sha256=…` behind the
 * latter where its own certificate is known by its fingerprint.
 */
export interface RelayAddress {
  /** Normal form, without a path, with the pin. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  /** SHA-256 of the relay's certificate in base64url: this one and no other, whoever vouches for it. */
  readonly pin?: string;
  /** What grpc-js dials: never a name resolver of its own choice. */
  readonly target: string;
}

const DEFAULT_RELAY_PORT = 7443;
export const DEFAULT_RELAY_URL = `http://127.0.0.1:${DEFAULT_RELAY_PORT}`;

/** 32 bytes: 43 characters, of which the last has two bits that say nothing and are 0. */
const pinForm = /^#sha256=([\w-]{42}[AEIMQUYcgkosw048])$/;

/** Undefined when the text is not such an address; a path, a query or a user name makes it none. */
export function parseRelayAddress(text: string): RelayAddress | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) return undefined;
  const extras = [url.username, url.password, url.search, url.pathname.slice(1)];
  if (url.hostname === "" || extras.some((part) => part !== "")) return undefined;
  const secure = url.protocol === "https:";
  const pin = pinForm.exec(url.hash)?.[1];
  if (url.hash !== "" && (pin === undefined || !secure)) return undefined;
  // A URL drops the port that its scheme implies; without any, a relay is where relays are.
  const implied = secure ? 443 : 80;
  const written = new RegExp(`:${implied}/?(?:#|$)`).test(text.trim());
  const port = url.port === "" ? (written ? implied : DEFAULT_RELAY_PORT) : Number(url.port);
  const origin = `${url.protocol}//${url.hostname}:${port}`;
  return {
    url: pin === undefined ? origin : `${origin}#sha256=${pin}`,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port,
    secure,
    target: `dns:${url.hostname}:${port}`,
    ...(pin === undefined ? {} : { pin }),
  };
}

/** Whether the two are one listener's, with or without TLS. */
export function isSamePlace(one: RelayAddress, other: RelayAddress): boolean {
  return one.host === other.host && one.port === other.port;
}
