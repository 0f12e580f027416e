// grpc-js passes two of node:http2's options on and keeps its HTTP/2 servers to itself. Here are the private names
// by which we get at them; what is done with them is node:http2's public interface.
import type { Http2Server, ServerOptions } from "node:http2";
import type { ListenOptions } from "node:net";
import type { Server } from "@grpc/grpc-js";

interface Inside {
  readonly commonServerOptions?: ServerOptions;
  readonly http2Servers?: ReadonlyMap<Http2Server, unknown>;
}

interface Listening {
  createHttp2Server?: (credentials: unknown) => Http2Server;
}

/** Before it listens. */
export function setHttp2Options(server: Server, options: ServerOptions): void {
  const { commonServerOptions: common } = server as unknown as Inside;
  if (common === undefined) throw new Error("this grpc-js keeps its HTTP/2 options elsewhere");
  const settings = { ...common.settings, ...options.settings };
  Object.assign(common, options, { settings });
}

/**
 * Before it listens: how many connections may wait to be accepted. Beyond that Linux forgets them, and each of them tries
 * again only after 1, 3, 7, 15, … seconds.
 */
export function setBacklog(server: Server, backlog: number): void {
  const inside = server as unknown as Listening;
  const createHttp2Server = inside.createHttp2Server?.bind(server);
  if (createHttp2Server === undefined) throw new Error("this grpc-js makes its HTTP/2 servers elsewhere");
  inside.createHttp2Server = (credentials) => {
    const http2Server = createHttp2Server(credentials);
    const listen = http2Server.listen.bind(http2Server);
    return Object.assign(http2Server, {
      listen: (place: ListenOptions, onListening: () => void) => listen({ ...place, backlog }, onListening),
    });
  };
}

/** One for each address that it listens on. */
export function http2ServersOf(server: Server): Http2Server[] {
  const { http2Servers: servers } = server as unknown as Inside;
  if (servers === undefined || servers.size === 0) {
    throw new Error("this grpc-js keeps its HTTP/2 servers elsewhere");
  }
  return [...servers.keys()];
}
