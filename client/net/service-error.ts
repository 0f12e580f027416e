import { type Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { ErrorReason } from "../../proto/gen/sotto/relay/v1/errors_pb.ts";
import { ERROR_REASON_KEY, RETRY_AFTER_KEY } from "../../proto/grpc.ts";
import { type CertificateTrouble, NetError, type RefusalReason } from "./net-error.ts";
import { WRONG_PIN } from "./pinned-credentials.ts";

const namesOfReasons = new Map<number, RefusalReason>(
  Object.entries(ErrorReason).map(([name, value]) => [value, name.toLowerCase() as RefusalReason]),
);
const reasons = new Set(namesOfReasons.values());

/** The only funnel from grpc-js: whatever a call or a stream ended with, as a NetError. */
export function netErrorFrom(error: unknown, relayUrl: string): NetError {
  if (error instanceof NetError) return error;
  if (!isServiceError(error)) {
    return new NetError("untrusted", `the relay at ${relayUrl} broke the protocol`, { cause: error });
  }
  const reason = reasonOf(error.metadata);
  if (reason !== undefined) return refusal(reason, retryAfterOf(error.metadata), error);
  const say = (code: "unreachable" | "timeout" | "untrusted", what: string) =>
    new NetError(code, `${what} at ${relayUrl}${because(error.details)}`, {
      cause: error,
      certificate: certificateTrouble(error.details),
    });
  switch (error.code) {
    case status.UNAVAILABLE:
      return isTlsFailure(error.details)
        ? say("untrusted", "no trustworthy TLS connection to the relay")
        : say("unreachable", "no relay answers");
    case status.DEADLINE_EXCEEDED:
      return say("timeout", "no answer in time from the relay");
    case status.CANCELLED:
      return say("unreachable", "the connection was cut to the relay");
    case status.INTERNAL:
      // A connection that dies under a call, as opposed to an answer that does not parse.
      return /RST_STREAM|ECONN|socket|GOAWAY/i.test(error.details)
        ? say("unreachable", "the connection broke to the relay")
        : say("untrusted", "the relay broke the protocol");
    case status.UNIMPLEMENTED:
      return say("untrusted", "something else than a Sotto relay answers");
    case status.RESOURCE_EXHAUSTED:
    case status.INVALID_ARGUMENT:
    case status.OUT_OF_RANGE:
      return say("untrusted", "the relay broke the protocol");
    default:
      return new NetError("refused", `the relay at ${relayUrl} refused without a reason`, {
        reason: "unspecified",
        cause: error,
      });
  }
}

/** The name of a reason that came in a frame of the stream; one that is new to us is `unspecified`. */
export function refusalReason(reason: ErrorReason): RefusalReason {
  return namesOfReasons.get(reason) ?? "unspecified";
}

function refusal(reason: RefusalReason, retryAfter: number | undefined, cause: unknown): NetError {
  const code = reason === "relay_unavailable" ? "unreachable" : "refused";
  const message = `the relay says: ${reason.replaceAll("_", " ")}`;
  return new NetError(code, message, { reason, cause, ...(retryAfter === undefined ? {} : { retryAfter }) });
}

function reasonOf(metadata: Metadata | undefined): RefusalReason | undefined {
  const name = metadata?.get(ERROR_REASON_KEY)[0];
  if (typeof name !== "string") return undefined;
  return reasons.has(name as RefusalReason) ? (name as RefusalReason) : "unspecified";
}

function retryAfterOf(metadata: Metadata | undefined): number | undefined {
  const text = metadata?.get(RETRY_AFTER_KEY)[0];
  return typeof text === "string" && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && typeof error.code === "number" && "details" in error;
}

/** OpenSSL's and Node's words for a certificate or a handshake that does not hold. */
function isTlsFailure(details: string): boolean {
  return /certificate|ERR_TLS|ERR_SSL|SSL routines|altnames|self.signed|EPROTO/i.test(details);
}

function certificateTrouble(details: string): CertificateTrouble | undefined {
  if (details.includes(WRONG_PIN)) return "not_pinned";
  return /self.signed/i.test(details) ? "self_signed" : undefined;
}

const causes: readonly [RegExp, string][] = [
  [new RegExp(WRONG_PIN), "its certificate is not the one that its address names"],
  [/ECONNREFUSED/, "connection refused"],
  [/ENOTFOUND|EAI_AGAIN|Name resolution failed/, "the host name does not resolve"],
  [/EHOSTUNREACH|ENETUNREACH/, "no route to it"],
  [/ECONNRESET|EPIPE|Connection dropped|RST_STREAM/, "the connection broke"],
  [/ETIMEDOUT/, "the connection timed out"],
  [/altnames|ALTNAME/i, "its certificate is for another name"],
  [/expired/i, "its certificate has expired"],
  [/self.signed/i, "its certificate is self-signed"],
  [/unable to (verify|get)|UNABLE_TO/i, "its certificate is not by an authority this machine trusts"],
  [/wrong version number|packet length too long/i, "it does not speak TLS there"],
];

/** Details come from the other side: only words of ours are repeated. */
function because(details: string): string {
  const known = causes.find(([pattern]) => pattern.test(details))?.[1];
  return known === undefined ? "" : ` (${known})`;
}
