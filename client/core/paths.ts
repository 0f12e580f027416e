import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { ChatError } from "./chat-error.ts";
import type { ProfilePaths } from "./profile.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The one folder that holds all state: `CHAT_HOME`, or `sotto` in the platform's data folder. */
export function chatHome(environment: Environment, platform: NodeJS.Platform = process.platform): string {
  const chosen = environment["CHAT_HOME"];
  if (chosen !== undefined && chosen !== "") return resolve(chosen);
  return join(dataFolder(environment, platform), "sotto");
}

function dataFolder(environment: Environment, platform: NodeJS.Platform): string {
  if (platform === "darwin") return join(homedir(), "Library", "Application Support");
  if (platform === "win32") return environment["LOCALAPPDATA"] || join(homedir(), "AppData", "Local");
  const chosen = environment["XDG_DATA_HOME"];
  return chosen !== undefined && isAbsolute(chosen) ? chosen : join(homedir(), ".local", "share");
}

/** Where everything of the profile `name` lies. Throws `bad_input` for a name that could lead out of the folder. */
export function profilePaths(environment: Environment, name: string): ProfilePaths {
  if (!/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}$/.test(name)) {
    throw new ChatError("bad_input", "This is not a name for a profile.", {
      hint: "Use 1-64 letters, digits, `_`, `.` or `-`, not beginning with a dot.",
    });
  }
  const home = chatHome(environment);
  const folder = join(home, "profiles", name);
  return {
    home,
    name,
    folder,
    database: join(folder, "profile.db"),
    key: join(folder, "profile.key"),
    liveLock: join(folder, "live.lock"),
    drainLock: join(folder, "drain.lock"),
    refreshLock: join(folder, "refresh.lock"),
    registerLock: join(folder, "register.lock"),
  };
}
