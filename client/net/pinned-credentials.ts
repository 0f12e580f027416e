// TLS with a certificate that no authority vouches for: the address of the relay says which one it is.
import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { connect, createSecureContext, type TLSSocket } from "node:tls";
import { CallCredentials, ChannelCredentials } from "@grpc/grpc-js";

/** What the error says, for `service-error.ts` to find. */
export const WRONG_PIN = "certificate is not the pinned one";

type Connecting = Parameters<ChannelCredentials["_createSecureConnector"]>;
type Connector = ReturnType<ChannelCredentials["_createSecureConnector"]>;

/** Takes exactly the certificate whose SHA-256 is `pin` (base64url), whatever it says of names and times. */
export function pinnedCredentials(pin: string, host: string): ChannelCredentials {
  return new PinnedCredentials(pin, host);
}

class PinnedCredentials extends ChannelCredentials {
  readonly #pin: string;
  readonly #host: string;
  readonly #context = createSecureContext();

  constructor(pin: string, host: string) {
    super();
    this.#pin = pin;
    this.#host = host;
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(...[, , callCredentials]: Connecting): Connector {
    return {
      waitForReady: async () => undefined,
      getCallCredentials: () => callCredentials ?? CallCredentials.createEmpty(),
      destroy: () => undefined,
      connect: (socket) => this.#connect(socket),
    };
  }

  /** HTTP/2 begins after it has resolved: before the check not a byte of ours goes out. */
  #connect(socket: Parameters<Connector["connect"]>[0]): ReturnType<Connector["connect"]> {
    return new Promise((resolve, reject) => {
      const secure: TLSSocket = connect(
        {
          socket,
          secureContext: this.#context,
          ALPNProtocols: ["h2"],
          // Node's own checks would need an authority; the handshake proves in any case that the peer has the key.
          rejectUnauthorized: false,
          ...(isIP(this.#host) === 0 ? { servername: this.#host } : {}), // RFC 6066 §3 wants names only
        },
        () => {
          if (pinOf(secure) === this.#pin) return resolve({ socket: secure, secure: true });
          reject(new Error(WRONG_PIN));
          secure.destroy();
        },
      );
      secure.on("error", reject);
    });
  }
}

function pinOf(socket: TLSSocket): string | undefined {
  const certificate = socket.getPeerX509Certificate();
  return certificate && createHash("sha256").update(certificate.raw).digest("base64url");
}
