// See account.ts: what talks to the relay, day by day.
export { deleteIt, edit, pin, react, vote } from "./annotate.ts";
export { people } from "./people.ts";
export { read } from "./read.ts";
export { send } from "./send.ts";
export { tail } from "./tail.ts";
export { accept, block, unblock } from "./trust.ts";
export { typing } from "./typing.ts";
export { verify } from "./verify.ts";
