// `chat relay` from the sources: what bin/main.ts does after a build.
import { runRelay } from "../../relay/main.ts";

process.exitCode = await runRelay(process.argv.slice(2));
