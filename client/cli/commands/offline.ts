// See account.ts: what the profile alone can answer.
export { list } from "./list.ts";
export { showMe } from "./whoami.ts";
