// See account.ts: what the profile alone can answer.
export { exportHistory } from "./export.ts";
export { list } from "./list.ts";
export { requests } from "./requests.ts";
export { search } from "./search.ts";
export { settings } from "./settings.ts";
export { showMe } from "./whoami.ts";
