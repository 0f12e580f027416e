import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from "node:fs";
import { readConversation } from "../../store/conversations.ts";
import { eachMessage } from "../../store/message-pages.ts";
import { ChatError } from "../chat-error.ts";
import type { Profile } from "../profile.ts";
import { type Message, toMessage } from "./message.ts";
import { conversationNumber } from "./read-messages.ts";

/**
 * Every message of a conversation in the order of its log, or all in the order in which they came to be known; one
 * state of the profile, a few of them in memory at a time. Throws as `readMessages` does for the name.
 */
export function* exportMessages(profile: Profile, name: string | undefined): Generator<Message> {
  const conversation = name === undefined ? undefined : conversationNumber(profile, name);
  if (conversation === null) return;
  for (const stored of eachMessage(profile.db, conversation)) {
    yield toMessage(profile, readConversation(profile.db, stored.conversation), stored);
  }
}

/** A file that its owner alone can read, whole or not there at all. */
export interface NewFile {
  write(text: string): void;
  /** It is on the disk for good. */
  finish(): void;
  discard(): void;
}

/** Makes a file that does not exist yet. Throws `cannot_write`, as its methods do. */
export function newFile(path: string): NewFile {
  const attempt = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw cannotWrite(path, cause);
    }
  };
  const file = attempt(() => openSync(path, "wx", 0o600));
  let isOpen = true;
  const close = () => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
  return {
    write: (text) => attempt(() => writeFileSync(file, text)),
    finish: () =>
      attempt(() => {
        fsyncSync(file);
        close();
      }),
    discard: () => {
      close();
      rmSync(path, { force: true });
    },
  };
}

function cannotWrite(path: string, cause: unknown): ChatError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EEXIST") {
    return new ChatError("cannot_write", `The file ${path} exists already.`, {
      hint: "Name another file: one that exists is never written over.",
      cause,
    });
  }
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  return new ChatError(
    "cannot_write",
    `The file ${path} cannot be written${isFull ? ": the disk is full" : ""}.`,
    {
      hint: isFull ? "Free some space, or name a file elsewhere." : "Check its folder and the permissions.",
      cause,
    },
  );
}
