// See account.ts: what talks to the relay, day by day.
export { people } from "./people.ts";
export { read } from "./read.ts";
export { send } from "./send.ts";
export { tail } from "./tail.ts";
