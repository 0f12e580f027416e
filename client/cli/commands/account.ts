// Commands are loaded in groups: a file more in the bundle costs every command that needs a part of it.
export { login } from "./login.ts";
export { registerAccount } from "./register.ts";
