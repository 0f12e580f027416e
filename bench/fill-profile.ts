// Fills the profile of CHAT_HOME: `node bench/fill-profile.ts CONVERSATIONS MESSAGES`. A process of its own, for whoever
// has needed that much memory starts programs slowly from then on.

import { unlockProfile } from "../client/core/account/unlock-profile.ts";
import { profilePaths } from "../client/core/paths.ts";
import { closeProfile } from "../client/core/profile.ts";
import { fillProfile } from "./large-profile.ts";

const profile = await unlockProfile(profilePaths(process.env, "default"), async () => undefined);
fillProfile(profile, Number(process.argv[2]), Number(process.argv[3]));
closeProfile(profile);
