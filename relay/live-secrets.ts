import { unwatchFile, watchFile } from "node:fs";
import { describeError, type Logger } from "./logger.ts";
import { loadSecrets, readSecrets, type Secrets, secretsPath } from "./secrets.ts";

/** How often the file is looked at. A token key that one relay knows and another not yet costs a client one more call. */
const LOOK_MS = 1_000;

export interface LiveSecrets {
  /** Always with the token keys of now: read them at each use. */
  readonly secrets: Secrets;
  close(): void;
}

/** The folder's secrets, whose token keys are read again whenever the file changes. Throws StartupError. */
export async function liveSecrets(folder: string, log: Logger): Promise<LiveSecrets> {
  const first = await loadSecrets(folder);
  let { tokenKeys } = first;
  const reread = async (): Promise<void> => {
    try {
      const { secrets } = await readSecrets(folder);
      // What else is in the file never changes: passwords and refresh tokens hang on it.
      const isOurs =
        secrets.opaqueSetup === first.opaqueSetup && isSame(secrets.challengeMac, first.challengeMac);
      if (!isOurs) return log.error("the secrets are another relay's: going on with those of the start");
      if (secrets.tokenKeys[0].id !== tokenKeys[0].id) log.info("token keys rotated");
      tokenKeys = secrets.tokenKeys;
    } catch (error) {
      log.error(describeError(error), "cannot read the secrets again: going on with those of before");
    }
  };
  const path = secretsPath(folder);
  const look = (): void => void reread();
  watchFile(path, { interval: LOOK_MS, persistent: false }, look);
  const secrets: Secrets = {
    ...first,
    get tokenKeys() {
      return tokenKeys;
    },
  };
  return { secrets, close: () => unwatchFile(path, look) };
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
