// What lies between a client and a relay: an honest line, or somebody with a certificate of his own.
import { readFileSync } from "node:fs";
import { connect as connectPlain, createServer, type Server, type Socket } from "node:net";
import { connect, TLSSocket } from "node:tls";
import type { CertificateFiles } from "./certificate.ts";

export interface Middle {
  readonly port: number;
  /** Who listens in from now on; undefined: nobody. Cuts what is open. */
  intruder: CertificateFiles | undefined;
  /** Bytes of clients that the intruder could read. */
  overheard: number;
  stop(): Promise<void>;
}

/** A port of this machine that leads to another one. */
export async function middleTo(relayPort: number): Promise<Middle> {
  const open = new Set<Socket>();
  const keep = <Kind extends Socket>(socket: Kind): Kind => {
    open.add(socket);
    return socket.on("error", () => socket.destroy()).once("close", () => open.delete(socket));
  };
  let intruder: CertificateFiles | undefined;
  const server: Server = createServer((raw) => {
    keep(raw);
    if (intruder === undefined) {
      const onward = keep(connectPlain(relayPort, "127.0.0.1"));
      raw.pipe(onward).pipe(raw);
      return;
    }
    const { pem, keyPath } = intruder;
    const inner = keep(
      new TLSSocket(raw, { isServer: true, cert: pem, key: readFileSync(keyPath), ALPNProtocols: ["h2"] }),
    );
    const onward = keep(
      connect({ port: relayPort, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["h2"] }),
    );
    inner.on("data", (bytes: Buffer) => {
      middle.overheard += bytes.length;
    });
    inner.pipe(onward).pipe(inner);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  const middle: Middle = {
    port: typeof address === "object" && address !== null ? address.port : 0,
    get intruder() {
      return intruder;
    },
    set intruder(files) {
      intruder = files;
      cut();
    },
    overheard: 0,
    stop: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return middle;
}
