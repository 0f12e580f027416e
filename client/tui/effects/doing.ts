import type { Effect } from "../model/effect.ts";
import type { Tell } from "../runtime.ts";
import type { Session } from "./session.ts";

/** How an effect of this kind is done. */
export type Doing<Kind extends Effect["kind"]> = (
  session: Session,
  effect: Effect & { readonly kind: Kind },
  tell: Tell,
) => void | Promise<void>;
