// grpc-js passes two of node:http2's options on and keeps its HTTP/2 servers to itself. Here are the two private names
// by which we get at them; what is done with them is node:http2's public interface.
import type { Http2Server, ServerOptions } from "node:http2";
import type { Server } from "@grpc/grpc-js";

interface Inside {
  readonly commonServerOptions?: ServerOptions;
  readonly http2Servers?: ReadonlyMap<Http2Server, unknown>;
}

/** Before it listens. */
export function setHttp2Options(server: Server, options: ServerOptions): void {
  const { commonServerOptions: common } = server as unknown as Inside;
  if (common === undefined) throw new Error("this grpc-js keeps its HTTP/2 options elsewhere");
  const settings = { ...common.settings, ...options.settings };
  Object.assign(common, options, { settings });
}

/** One for each address that it listens on. */
export function http2ServersOf(server: Server): Http2Server[] {
  const { http2Servers: servers } = server as unknown as Inside;
  if (servers === undefined || servers.size === 0) {
    throw new Error("this grpc-js keeps its HTTP/2 servers elsewhere");
  }
  return [...servers.keys()];
}
