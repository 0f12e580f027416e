import { existsSync } from "node:fs";
import { readSecrets, secretsPath } from "../secrets.ts";
import { bad, type Check, count, failed, good } from "./check.ts";

/** `isInUse`: there are accounts whose passwords hang on the secrets; undefined: nobody could look. */
export async function checkSecrets(folder: string, isInUse: boolean | undefined): Promise<Check> {
  const path = secretsPath(folder);
  if (!existsSync(path)) {
    if (isInUse !== true) return good("secrets", `${path} is made at the first start`);
    return bad(
      "secrets",
      "secrets_unusable",
      `the database has accounts, and ${path} is not there: with new secrets nobody could log in`,
      "Copy it from another relay of this database, or from a backup, before the relay starts.",
    );
  }
  try {
    const { content } = await readSecrets(folder);
    return good("secrets", `can be read, ${count(content.tokenKeys.length, "key")} for access tokens`);
  } catch (error) {
    return failed("secrets", error);
  }
}
