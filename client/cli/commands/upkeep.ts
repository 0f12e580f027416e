// See account.ts: what is seldom run, and needs everything.
export { completion } from "./completion.ts";
export { doctor } from "./doctor.ts";
