// All that `chat demo` takes of the client, behind one door: each module that is imported lazily becomes a file of its own
// in the bundle, and every command would pay for that.
export { checkNewPassword } from "../core/account-password.ts";
export { chooseRelay, connector } from "../core/connect.ts";
export { drainOutbox } from "../core/drain-outbox.ts";
export { explainFailure } from "../core/explain-failure.ts";
export { relayAnswers } from "../core/find-relay.ts";
export { followRelay } from "../core/follow.ts";
export { freePort } from "../core/free-port.ts";
export { chatHome, profilePaths } from "../core/paths.ts";
export { readMessages } from "../core/read-messages.ts";
export { checkNewName, register } from "../core/register.ts";
export { renewLogin } from "../core/renew-login.ts";
export { queueMessage } from "../core/send-message.ts";
export { syncConversations } from "../core/sync.ts";
export { createKey, readKey, unlockProfile } from "../core/unlock-profile.ts";
export { waitForMessage } from "../core/wait-for-message.ts";
export { watchMessages } from "../core/watch-messages.ts";
export { Output } from "./print.ts";
export { askNewPassword, askPassword, askText } from "./prompts.ts";
export { readSecret } from "./secrets.ts";
export { showWords } from "./show-words.ts";
export { Transcript } from "./transcript.ts";
