import { existsSync, realpathSync } from "node:fs";
import { gatherSettings, type Settings, type Sources } from "../config/settings.ts";
import { configOf, type RelayConfig } from "../config.ts";
import { type Check, failed } from "./check.ts";
import { checkCertificate } from "./check-certificate.ts";
import { checkConfiguration } from "./check-configuration.ts";
import { checkDatabase } from "./check-database.ts";
import { checkFolder } from "./check-folder.ts";
import { checkListen } from "./check-listen.ts";
import { checkNats } from "./check-nats.ts";
import { checkSecrets } from "./check-secrets.ts";

/**
 * Looks at everything that a relay with these options needs, one thing after the other, and goes on whatever it finds.
 * Changes nothing, whether a relay runs or not. Never throws.
 */
export async function* examine(sources: Sources, now: () => number = Date.now): AsyncGenerator<Check> {
  let settings: Settings;
  let config: RelayConfig;
  try {
    settings = gatherSettings(sources);
    config = configOf(settings);
  } catch (error) {
    yield failed("configuration", error);
    return;
  }
  const folder = existsSync(config.dataFolder) ? realpathSync(config.dataFolder) : config.dataFolder;
  yield attempt("configuration", () => checkConfiguration(settings));
  yield checkFolder(folder, config.database === undefined);
  yield await checkCertificate(config, folder, now());
  yield await checkListen(config);
  const hasAccounts = yield* checkDatabase({ ...config, dataFolder: folder }, now);
  yield await checkSecrets(folder, hasAccounts);
  yield await checkNats(config.nats);
}

function attempt(name: Check["name"], look: () => Check): Check {
  try {
    return look();
  } catch (error) {
    return failed(name, error);
  }
}
