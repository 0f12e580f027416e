// The least that a relay in grpc-js could do: each message of a stream goes back as it is. A process of its own; prints
// its port, ends with its parent.
import { Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { prepareTls } from "../../relay/tls.ts";

const same = (bytes: Buffer): Buffer => bytes;
const [folder] = process.argv.slice(2);

const server = new Server({ "grpc.max_concurrent_streams": 256, "grpc.enable_channelz": 0 });
server.addService(
  {
    echo: {
      path: "/bench.Echo/Echo",
      requestStream: true,
      responseStream: true,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    },
  },
  {
    echo: (stream: ServerDuplexStream<Buffer, Buffer>) => {
      stream.on("data", (bytes: Buffer) => stream.write(bytes));
      stream.on("end", () => stream.end());
    },
  },
);
const credentials =
  folder === undefined
    ? ServerCredentials.createInsecure()
    : (await prepareTls("self-signed", folder, Date.now())).credentials;
server.bindAsync("127.0.0.1:0", credentials, (error, port) => {
  if (error !== null) throw error;
  process.send?.(port);
});
process.on("disconnect", () => process.exit(0));
