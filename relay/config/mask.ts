const SECRET = "***";
/** Of a database's URL: what its query may hold, too. */
const secretParameters = ["password", "sslpassword"];

/** A URL as it may be shown: host, path and user stay, a password or a token does not. */
export function maskUrl(text: string): string {
  const url = URL.parse(text);
  // What cannot be read is not shown: a password may stand anywhere in it.
  if (url === null || url.pathname.includes("@")) return text.replace(/^([a-z]+:\/\/|).*$/s, `$1${SECRET}`);
  if (url.password !== "") url.password = SECRET;
  // A name alone is a token at NATS.
  else if (url.username !== "" && !url.protocol.startsWith("postgres")) url.username = SECRET;
  for (const name of secretParameters) {
    if (url.searchParams.has(name)) url.searchParams.set(name, SECRET);
  }
  return url.href;
}

/** Several, parted by commas. */
export function maskUrls(text: string): string {
  return text.split(",").map(maskUrl).join(",");
}

/** A sentence that quotes what somebody typed, without what may be a secret in it. */
export function maskSentence(text: string): string {
  return text.replace(/:\/\/\S*@/g, `://${SECRET}@`).replace(/(password=)[^&\s']*/g, `$1${SECRET}`);
}
