// Commands are loaded in groups: a file more in the bundle costs every command that needs a part of it.
export { deleteAccount } from "./delete-account.ts";
export { devices, revoke } from "./devices.ts";
export { keys } from "./keys.ts";
export { login } from "./login.ts";
export { logout } from "./logout.ts";
export { registerAccount } from "./register.ts";
