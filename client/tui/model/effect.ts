/** What the model wants done; `effects/` does it with the use cases of `client/core` and answers with events. */
export type Effect =
  | { readonly kind: "open"; readonly conversation: string; readonly around?: string }
  | { readonly kind: "older" | "newer"; readonly conversation: string; readonly from: number }
  | { readonly kind: "oldest"; readonly conversation: string }
  | { readonly kind: "close" }
  /** Whether the terminal has the focus: then one is there, as others see it. */
  | { readonly kind: "focus"; readonly has: boolean }
  /** These were on the screen while the terminal had the focus. */
  | { readonly kind: "mark read"; readonly conversation: string; readonly keys: readonly string[] }
  | {
      readonly kind: "send";
      readonly conversation: string;
      readonly text: string;
      readonly replyTo?: string;
      readonly expire?: number;
    }
  | { readonly kind: "edit"; readonly id: string; readonly text: string }
  | { readonly kind: "delete"; readonly id: string }
  | { readonly kind: "react"; readonly id: string; readonly emoji: string; readonly remove: boolean }
  | { readonly kind: "vote"; readonly id: string; readonly value: "up" | "down" | "none" }
  | { readonly kind: "pin"; readonly id: string; readonly pinned: boolean }
  /** Of a message that failed, by its key. */
  | { readonly kind: "send again" | "put away"; readonly key: string }
  | { readonly kind: "typing"; readonly conversation: string }
  | { readonly kind: "save draft"; readonly conversation: string; readonly text: string }
  | { readonly kind: "edit outside"; readonly conversation: string; readonly text: string }
  | { readonly kind: "copy"; readonly text: string }
  /** Something came for somebody who looks elsewhere. */
  | {
      readonly kind: "notify";
      readonly conversation: string;
      readonly why: "message" | "mention" | "invitation";
    }
  | { readonly kind: "mute"; readonly conversation: string; readonly notify: "all" | "mentions" | "none" }
  | {
      readonly kind:
        | "list people"
        | "list rooms"
        | "load keys"
        | "load relay"
        | "rotate prekeys"
        | "reconnect"
        | "suspend"
        /** The screen anew, whatever the terminal made of it. */
        | "redraw"
        | "bell";
    }
  | { readonly kind: "safety number" | "key change"; readonly name: string }
  /** Of a person, by the name of the conversation. */
  | { readonly kind: "accept person" | "block" | "unblock"; readonly name: string }
  /** Whoever has the name now is meant by it, if it is still the account whose safety number was shown. */
  | {
      readonly kind: "accept key";
      readonly name: string;
      readonly number: string;
      readonly isVerified: boolean;
    }
  /** What came of comparing the numbers. */
  | { readonly kind: "verify"; readonly name: string; readonly isSame: boolean }
  | { readonly kind: "revoke device"; readonly id: string }
  /** `words`: with them even the last device is revoked. */
  | { readonly kind: "sign out"; readonly words: string | undefined; readonly isOffline: boolean }
  | { readonly kind: "log in"; readonly password: string }
  | { readonly kind: "check" }
  | { readonly kind: "load group"; readonly name: string }
  | {
      readonly kind: "create group";
      readonly name: string;
      readonly members: readonly string[];
      readonly open: boolean;
    }
  | { readonly kind: "join room" | "accept" | "decline" | "leave"; readonly name: string }
  | { readonly kind: "invite" | "remove"; readonly group: string; readonly member: string }
  | {
      readonly kind: "role";
      readonly group: string;
      readonly member: string;
      readonly role: "owner" | "admin" | "member";
    }
  | {
      readonly kind: "policy";
      readonly group: string;
      readonly policy:
        | { readonly what: "invite" | "post" | "pin"; readonly least: "owner" | "admin" | "member" }
        | { readonly what: "history"; readonly when: "asked" | "automatic" };
    }
  | { readonly kind: "rename"; readonly group: string; readonly title: string }
  | { readonly kind: "search"; readonly query: string }
  | { readonly kind: "save setting"; readonly name: string; readonly value: string }
  | { readonly kind: "first run"; readonly ask: FirstRunQuestion }
  | { readonly kind: "quit" };

export type FirstRunQuestion =
  | { readonly kind: "unlock"; readonly passphrase: string }
  | { readonly kind: "find relay"; readonly address: string }
  | { readonly kind: "start relay" }
  | {
      readonly kind: "check name";
      readonly name: string;
      readonly relay: string;
      /** Empty: none. */
      readonly invitation: string;
    }
  | {
      readonly kind: "register";
      readonly name: string;
      readonly password: string;
      readonly relay: string;
      readonly invitation: string;
    }
  /** `prove`: of an account that there is, before this machine becomes a device of it. */
  | {
      readonly kind: "sign in" | "prove";
      readonly name: string;
      readonly password: string;
      readonly relay: string;
    }
  /** Of the account whose password was proven. */
  | { readonly kind: "add device"; readonly words: string; readonly signOutOthers: boolean }
  /** With the new password this machine becomes a device at once. */
  | {
      readonly kind: "reset password";
      readonly name: string;
      readonly words: string;
      readonly password: string;
      readonly relay: string;
    }
  | { readonly kind: "read words"; readonly path: string }
  | { readonly kind: "save words"; readonly path: string }
  /** Their owner has them. */
  | { readonly kind: "words kept" }
  /** The answer to the last question is not waited for any more. */
  | { readonly kind: "never mind" };
