import { Argument, Option } from "commander";
import type { DeleteAccountOptions } from "./commands/delete-account.ts";
import type { LoginOptions } from "./commands/login.ts";
import type { LogoutOptions } from "./commands/logout.ts";
import type { RegisterOptions } from "./commands/register.ts";
import type { Commands } from "./describe.ts";

const PASSWORD_FILE = "take the password from the first line of a file (- is standard input)";
const WORDS_FILE = "take the recovery words from a file (- is standard input)";

/** Accounts and their devices. */
export function addAccount({ command, contextOf, common }: Commands): void {
  const load = () => import("./commands/account.ts");

  const register = command("register", "make an account, with this machine as its first device")
    .addArgument(new Argument("<NAME>", "3-32 of a-z 0-9 _ . -"))
    .option("--password-file <path>", PASSWORD_FILE)
    .option("--recovery-file <path>", "write the recovery words to this new file instead of showing them")
    .option("--invite <token>", "an invitation, for a relay that makes accounts only with one")
    .action(async (name: string, options: RegisterOptions) =>
      (await load()).registerAccount(contextOf(register), name, options),
    );

  const login = command("login", "make this machine a further device of an account, or renew its login")
    .addArgument(new Argument("<NAME>", "the name of the account"))
    .option("--password-file <path>", PASSWORD_FILE)
    .option("--recovery-file <path>", WORDS_FILE)
    .option("--reset-password", "the password is forgotten: choose another one, with the recovery words")
    .option(
      "--sign-out-others",
      "sign all other devices out, lost or stolen ones too, with the recovery words",
    )
    .action(async (name: string, options: LoginOptions) =>
      (await load()).login(contextOf(login), name, options),
    );

  const logout = command("logout", "sign this device out of its account, and erase its profile")
    .option("--recovery-file <path>", `${WORDS_FILE}: the account's last device needs them`)
    .option("--yes", "do not ask")
    .option("--offline", "only erase the profile; the account keeps the device until another one revokes it")
    .action(async (options: LogoutOptions) => (await load()).logout(contextOf(logout), options));

  const account = command("account", "what concerns the account as a whole");
  const end = common(account.command("delete").description("end this account at its relay, for good"))
    .exitOverride()
    .option("--password-file <path>", PASSWORD_FILE)
    .option("--yes", "do not ask")
    .action(async (options: DeleteAccountOptions) => (await load()).deleteAccount(contextOf(end), options));

  const devices = command("devices", "list the devices of this account");
  devices.action(async () => (await load()).devices(contextOf(devices)));
  const revoke = common(devices.command("revoke").description("sign another device out, at once"))
    .exitOverride()
    .addArgument(new Argument("<ID>", "its id, or the first digits of it"))
    .addOption(new Option("--recovery-file <path>", `${WORDS_FILE}, and let the account sign it out`))
    .action(async (id: string, { recoveryFile }: { recoveryFile?: string }) =>
      (await load()).revoke(contextOf(revoke), id, recoveryFile),
    );

  const keys = command("keys", "say what this account and this device are known by")
    .option("--rotate", "replace this device's prekeys now")
    .action(async ({ rotate }: { rotate?: boolean }) =>
      (await load()).keys(contextOf(keys), rotate === true),
    );

  const whoami = command("whoami", "say whose profile this is").action(async () => {
    const { showMe } = await import("./commands/offline.ts");
    await showMe(contextOf(whoami));
  });
}
