import type { Line } from "../../model/line.ts";
import { signed } from "../../model/screens/details-items.ts";
import { inviteable } from "../../model/screens/invite.ts";
import type { InviteScreen } from "../../model/screens/screen.ts";
import type { State } from "../../model/state.ts";
import { pickerLines } from "./people.ts";

export function inviteLines(screen: InviteScreen, state: State, width: number, height: number): Line[] {
  const about = `Whom to invite to ${signed(screen.group)}`;
  return pickerLines(screen, inviteable(screen, state), state, width, height, about);
}
