import { NetError } from "../../net/net-error.ts";
import { parseRelayAddress, type RelayAddress } from "../../net/relay-address.ts";
import { ChatError } from "../chat-error.ts";
import { connectAnonymously } from "../connection/connect.ts";
import { explainFailure } from "../explain-failure.ts";

const EXAMPLE = "https://chat.example.org";

/**
 * Asks whoever listens there whether he is a relay. Without `http://` or `https://` before it the address means TLS,
 * but on this machine. Throws with a sentence for who has typed the address.
 */
export async function findRelay(given: string): Promise<RelayAddress> {
  const address = parseRelayAddress(withScheme(given.trim()));
  if (address === undefined) {
    throw new ChatError("bad_input", "This is not the address of a relay.", {
      hint: `It looks like ${EXAMPLE} or http://127.0.0.1:7443.`,
    });
  }
  await knock(address).catch((error: unknown) => {
    throw explain(error, address);
  });
  return address;
}

/** What lies between: nothing, TLS with a certificate that holds, or a network that can see who talks to whom. */
export function wayTo(address: RelayAddress): "this machine" | "tls" | "open" {
  if (address.secure) return "tls";
  return isHere(address) ? "this machine" : "open";
}

/** Whether a relay answers at this address of this machine. */
export async function relayAnswers(url: string): Promise<boolean> {
  const address = parseRelayAddress(url);
  if (address === undefined) return false;
  return knock(address).then(
    () => true,
    () => false,
  );
}

async function knock(address: RelayAddress): Promise<void> {
  const { auth, close } = await connectAnonymously(address);
  try {
    await auth.getChallenge();
  } finally {
    close();
  }
}

function withScheme(text: string): string {
  if (text.includes("://")) return text;
  const bare = parseRelayAddress(`http://${text}`);
  return bare !== undefined && isHere(bare) ? `http://${text}` : `https://${text}`;
}

function isHere({ host }: RelayAddress): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** The hints of the command line name its options. */
function explain(error: unknown, { secure, host, port }: RelayAddress): ChatError {
  const { code, message } = explainFailure(error);
  let hint = "Check the address, and that the relay is running.";
  const certificate = error instanceof NetError ? error.certificate : undefined;
  if (certificate === "not_pinned") hint = "Ask the relay's operator for its address of today.";
  else if (certificate === "self_signed") hint = "Write the whole address, with #sha256=… at its end.";
  else if (code === "security_stop") {
    hint = secure
      ? `If it speaks no TLS, write http://${host}:${port}; else its operator has to mend it.`
      : `Check the address; if it speaks TLS, write https://${host}:${port}.`;
  }
  return new ChatError(code, message, { hint, cause: error });
}
