// What the model knows of the profile. Effects make it from the use cases' objects, every text safe for a terminal.
import type { Settings } from "./settings.ts";

/** One row of the conversation list. */
export interface ConversationRow {
  /** The name to send to. */
  readonly name: string;
  readonly kind: "self" | "dm" | "group" | "room";
  readonly title: string | undefined;
  readonly unread: number;
  readonly mentions: number;
  readonly queued: number;
  readonly standing: "member" | "invited" | "left" | "removed";
  readonly invitedBy: string | undefined;
  readonly notify: "all" | "mentions" | "none";
  /** Of a conversation with one person: the safety number was compared, and is the same still. */
  readonly isVerified: boolean;
  /** Counts up with activity: the newest first. */
  readonly activity: number;
}

/** A stranger who wrote first, or who invites to a group: kept apart until it is answered. */
export interface RequestRow {
  /** The name of the conversation. */
  readonly name: string;
  readonly kind: "person" | "group";
  readonly from: string;
  /** How what was written last begins, on one line. */
  readonly text: string;
  readonly messages: number;
  readonly at: number;
}

/** How one stands to the person whom a conversation is with. */
export interface Trust {
  readonly standing: "stranger" | "accepted" | "blocked";
  /** The name belongs to other keys than before: nothing is sent until that is accepted. */
  readonly isChanged: boolean;
  /** These are the keys before: what was said is there to be read. */
  readonly isFormer: boolean;
}

/** A message, event or note of a transcript. */
export type Entry = MessageEntry | EventEntry;

export interface MessageEntry {
  readonly kind: "message";
  /** Unique in the transcript: the id and the device. */
  readonly key: string;
  readonly id: string;
  readonly from: string;
  readonly own: boolean;
  /** With line feeds; already safe. */
  readonly text: string;
  readonly quote:
    | { readonly key: string | undefined; readonly from: string; readonly text: string }
    | undefined;
  readonly edited: boolean;
  readonly deleted: boolean;
  readonly pinned: boolean;
  readonly unread: boolean;
  readonly mentionsMe: boolean;
  readonly votes: { readonly up: number; readonly down: number; readonly mine: "up" | "down" | undefined };
  readonly reactions: readonly {
    readonly emoji: string;
    readonly by: readonly string[];
    readonly mine: boolean;
  }[];
  readonly expiresAt: number | undefined;
  readonly sharedBy: string | undefined;
  readonly sentAt: number;
  readonly state: "queued" | "sent" | "delivered" | "read" | "failed" | "received";
  readonly content: "text" | "unknown" | "unreadable";
  readonly trouble: string | undefined;
  /** Of one that cannot be read: what helps. */
  readonly remedy: string | undefined;
  /** Of an own message in a group: who has it. Loaded with the details. */
  readonly receipts:
    | {
        readonly delivered: readonly string[];
        readonly read: readonly string[];
        readonly missing: readonly string[];
      }
    | undefined;
  /** This profile's number for it: the order of the transcript. */
  readonly position: number;
}

/** `joined bob`, `renamed`, `key changed`: one dim line. */
export interface EventEntry {
  readonly kind: "event";
  readonly key: string;
  readonly at: number;
  readonly text: string;
  readonly gravity: "note" | "alarm";
  readonly position: number;
}

/** A part of a conversation, without gaps, oldest first. */
export interface TranscriptPart {
  readonly conversation: string;
  readonly entries: readonly Entry[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  /** Members, verified marks and the like, for the head line. */
  readonly head: ConversationHead;
}

export interface ConversationHead {
  readonly name: string;
  readonly kind: ConversationRow["kind"];
  readonly members: readonly string[];
  /** Of the others: those whose safety number was compared. */
  readonly verified: readonly string[];
  readonly encryption: string;
  readonly canPost: boolean;
  /** Undefined where there is not one person alone. */
  readonly trust: Trust | undefined;
}

export interface PersonRow {
  readonly name: string;
  readonly account: string;
  readonly since: number;
  readonly known: boolean;
}

export interface RoomRow {
  readonly name: string;
  readonly members: number;
  readonly joined: boolean;
}

export type MemberRole = "owner" | "admin" | "member";

export interface GroupDetails {
  readonly name: string;
  readonly kind: "group" | "room";
  readonly title: string;
  readonly members: readonly {
    readonly name: string;
    readonly role: MemberRole;
    readonly isVerified: boolean;
  }[];
  readonly invited: readonly { readonly name: string; readonly by: string }[];
  /** The least role that may do it; history: `asked` or `automatic`. */
  readonly policy: {
    readonly invite: MemberRole;
    readonly post: MemberRole;
    readonly pin: MemberRole;
    readonly history: "asked" | "automatic";
  };
  /** Undefined: not a member any more. */
  readonly mine: MemberRole | undefined;
  /** Newest first: when, and one sentence. */
  readonly history: readonly { readonly at: number; readonly text: string }[];
  readonly notify: ConversationRow["notify"];
}

export interface KeyDetails {
  readonly name: string;
  /** Thirty digits. */
  readonly fingerprint: string;
  readonly devices: readonly {
    /** Hex. */
    readonly id: string;
    readonly isThis: boolean;
    readonly since: number;
  }[];
  /** At the relay; undefined: it did not say. */
  readonly prekeysLeft: number | "asking" | undefined;
  /** With how many devices. */
  readonly sessions: number;
}

export interface SafetyNumber {
  readonly with: string;
  /** Sixty digits. */
  readonly digits: string;
  /** Rows of a QR code, drawn in half blocks. */
  readonly qr: readonly string[];
  /** When it was found to be the same on both sides. */
  readonly verifiedAt: number | undefined;
  readonly standing: Trust["standing"];
}

/** A name that belongs to other keys than before. */
export interface KeyChange {
  readonly with: string;
  /** Sixty digits each. */
  readonly before: string;
  readonly now: string;
  readonly wasVerified: boolean;
}

export interface SearchHit {
  readonly key: string;
  readonly conversation: string;
  readonly from: string;
  readonly at: number;
  readonly position: number;
  /** Parts of the snippet, those that matched marked. */
  readonly snippet: readonly { readonly text: string; readonly isMatch: boolean }[];
}

/** What the doctor looked at. */
export interface CheckRow {
  readonly name: string;
  readonly isGood: boolean;
  readonly detail: string;
  /** What to do about it. */
  readonly hint: string | undefined;
}

export interface RelayDetails {
  readonly url: string;
  /** What shows that it is the relay it claims to be: a certificate that holds, or the very one that was pinned. */
  readonly proof: string | undefined;
  /** Who may be looked up, and who may register, as the relay says. */
  readonly directory: string | undefined;
  readonly registration: string | undefined;
  /** Undefined: it did not answer. */
  readonly roundTripMs: number | "asking" | undefined;
  /** Newest first. */
  readonly findings: readonly {
    readonly at: number;
    readonly text: string;
    readonly gravity: "stop" | "note";
  }[];
}

/** The answers of effects. */
export type Loaded =
  | { readonly what: "transcript"; readonly part: TranscriptPart; readonly around: string | undefined }
  | { readonly what: "older" | "newer"; readonly part: TranscriptPart }
  | { readonly what: "people"; readonly people: readonly PersonRow[]; readonly isWhole: boolean }
  | { readonly what: "rooms"; readonly rooms: readonly RoomRow[] }
  | { readonly what: "group"; readonly group: GroupDetails }
  | { readonly what: "keys"; readonly keys: KeyDetails }
  | { readonly what: "safety number"; readonly number: SafetyNumber }
  | { readonly what: "key change"; readonly change: KeyChange }
  /** So far; `isWhole`: all of them. */
  | { readonly what: "checks"; readonly checks: readonly CheckRow[]; readonly isWhole: boolean }
  | { readonly what: "search"; readonly query: string; readonly hits: readonly SearchHit[] }
  | { readonly what: "relay"; readonly relay: RelayDetails }
  | { readonly what: "edited"; readonly conversation: string; readonly text: string }
  /** An effect that only does something has done it. */
  | {
      readonly what: "done";
      readonly effect: string;
      readonly conversation: string | undefined;
      readonly said: string | undefined;
    }
  | { readonly what: "first run"; readonly step: FirstRunAnswer };

export interface RelayFound {
  readonly url: string;
  /**
   * What lies between: nothing, TLS with a certificate that holds or that the address names, or a network that can see who
   * talks to whom.
   */
  readonly way: "this machine" | "tls" | "pinned" | "open";
  /** It runs as long as a client is open. */
  readonly isOwn: boolean;
  /** Who may make an account there; undefined: it does not say. */
  readonly registration: "open" | "invite" | "closed" | undefined;
}

/**
 * What was cut. `begun`: a registration whose keys are there; `made`: its account is too; `joining`: this machine was to
 * become a device of an account.
 */
export interface Unfinished {
  readonly stage: "begun" | "made" | "joining";
  readonly name: string;
  readonly relay: RelayFound;
}

/** How the wizard goes on. */
export type FirstRunAnswer =
  | { readonly kind: "relay found"; readonly relay: RelayFound }
  | { readonly kind: "name free"; readonly name: string }
  | {
      readonly kind: "words";
      readonly words: readonly string[];
      /** The places of those to ask for, from 0. */
      readonly places: readonly number[];
      /** Where they could be saved. */
      readonly file: string;
    }
  | { readonly kind: "words saved"; readonly path: string }
  /** Of an account that there is, with so many devices. */
  | { readonly kind: "password right"; readonly devices: number }
  | { readonly kind: "words read"; readonly text: string }
  | { readonly kind: "nothing here" }
  | { readonly kind: "unfinished"; readonly unfinished: Unfinished }
  | { readonly kind: "registered" }
  | { readonly kind: "opened" };

/** What happened in the profile or on the line. */
export type ChatData =
  | { readonly what: "conversations"; readonly rows: readonly ConversationRow[]; readonly isWhole: boolean }
  /** New or changed entries of the conversation on the screen. */
  | {
      readonly what: "entries";
      readonly conversation: string;
      readonly entries: readonly Entry[];
      readonly gone: readonly string[];
    }
  /** Who is in the conversation on the screen, or what one may do there, has changed. */
  | { readonly what: "head"; readonly conversation: string; readonly head: ConversationHead }
  | {
      readonly what: "requests";
      readonly requests: readonly RequestRow[];
      /** Names of people. */
      readonly blocked: readonly string[];
    }
  | { readonly what: "typing"; readonly conversation: string; readonly names: readonly string[] }
  | { readonly what: "presence"; readonly present: readonly string[] }
  | { readonly what: "connection"; readonly connection: Connection }
  | { readonly what: "alarm"; readonly text: string }
  | { readonly what: "note"; readonly text: string }
  /** There is an account now. */
  | { readonly what: "me"; readonly name: string }
  | { readonly what: "settings"; readonly settings: Partial<Settings> }
  | { readonly what: "draft"; readonly conversation: string; readonly text: string };

export interface Connection {
  readonly state:
    | "starting"
    | "connecting"
    | "connected"
    | "offline"
    | "elsewhere"
    | "refused"
    /** The login is not valid any more: with the password there is another one. */
    | "login lost"
    /** This device is none of the account's any more. */
    | "signed out";
  /** In words, when it is not connected. */
  readonly why: string | undefined;
  readonly queued: number;
}
