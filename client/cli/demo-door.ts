// All that `chat demo` takes of the client, behind one door: each module that is imported lazily becomes a file of its own
// in the bundle, and every command would pay for that.
export { checkNewPassword } from "../core/account/account-password.ts";
export { relayAnswers } from "../core/account/find-relay.ts";
export { checkNewName, register } from "../core/account/register.ts";
export { renewLogin } from "../core/account/renew-login.ts";
export { createKey, readKey, unlockProfile } from "../core/account/unlock-profile.ts";
export { chooseRelay, connector } from "../core/connection/connect.ts";
export { followRelay } from "../core/connection/follow.ts";
export { freePort } from "../core/connection/free-port.ts";
export { syncConversations } from "../core/connection/sync.ts";
export { explainFailure } from "../core/explain-failure.ts";
export { waitForMessage } from "../core/inbox/wait-for-message.ts";
export { watchMessages } from "../core/inbox/watch-messages.ts";
export { readMessages } from "../core/messages/read-messages.ts";
export { drainOutbox } from "../core/outbox/drain-outbox.ts";
export { queueMessage } from "../core/outbox/send-message.ts";
export { chatHome, profilePaths } from "../core/paths.ts";
export { acceptPerson, findPerson } from "../core/people/trust.ts";
export { changeSetting } from "../core/settings.ts";
export { Output } from "./print.ts";
export { askNewPassword, askPassword, askText } from "./prompts.ts";
export { readSecret } from "./secrets.ts";
export { showWords } from "./show-words.ts";
export { Transcript } from "./transcript.ts";
