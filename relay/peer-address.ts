import { isIPv4, isIPv6 } from "node:net";

/**
 * The address that rate limits count by, of grpc-js's `getPeer()`: without the port, and IPv6 as its /64, since a
 * household has a whole one. Of a list of forwarders the last one counts: only that was written by our own proxy.
 */
export function peerAddress(peer: string, forwardedFor: readonly (string | Buffer)[]): string {
  const last = forwardedFor.map(String).join(",").split(",").at(-1)?.trim() ?? "";
  return prefix(last) ?? prefix(withoutPort(peer)) ?? "unknown";
}

function withoutPort(peer: string): string {
  return peer.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

function prefix(address: string): string | undefined {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return undefined;
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array<string>(Math.max(0, 8 - front.length - back.length)).fill("0");
  return [...front, ...zeros, ...back]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
