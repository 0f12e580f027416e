import { PassThrough } from "node:stream";
import { Output, type OutputOptions } from "../../client/cli/print.ts";

/** An Output that keeps what it is given. */
export function keptOutput(options: Partial<OutputOptions> & { tty?: boolean } = {}) {
  const kept = { out: "", err: "" };
  const stream = (name: "out" | "err") =>
    Object.assign(
      new PassThrough().setEncoding("utf8").on("data", (text: string) => {
        kept[name] += text;
      }),
      { isTTY: options.tty === true },
    );
  const out = stream("out");
  const output = new Output({ json: false, quiet: false, color: true, ...options }, out, stream("err"));
  return { output, kept, out };
}
