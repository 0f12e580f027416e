import { expect } from "vitest";
import { type SyncReport, syncConversations } from "../../client/core/connection/sync.ts";
import { waitForMessage } from "../../client/core/inbox/wait-for-message.ts";
import type { Message } from "../../client/core/messages/message.ts";
import { readMessages } from "../../client/core/messages/read-messages.ts";
import { queueMessage } from "../../client/core/outbox/send-message.ts";
import { saveSetting } from "../../client/store/settings.ts";
import { ready } from "../../keys/index.ts";
import { AccountFixture, type ProfileFixture } from "./profile-fixture.ts";
import { RelayDouble } from "./relay-double.ts";

/** Two people with a profile each, and the relay between them. */
export interface AliceAndBob {
  readonly relay: RelayDouble;
  readonly accounts: { readonly alice: AccountFixture; readonly bob: AccountFixture };
  readonly alice: ProfileFixture;
  readonly bob: ProfileFixture;
  remove(): void;
}

export async function aliceAndBob(): Promise<AliceAndBob> {
  await ready();
  const relay = new RelayDouble();
  const accounts = { alice: new AccountFixture("alice", relay), bob: new AccountFixture("bob", relay) };
  const [alice, bob] = [await accounts.alice.profile(), await accounts.bob.profile()];
  const remove = () => {
    accounts.alice.remove();
    accounts.bob.remove();
  };
  return { relay, accounts, alice, bob, remove };
}

/** For tests in which each row of the log counts. */
export function withoutReceipts(...at: readonly ProfileFixture[]): void {
  for (const { profile } of at) saveSetting(profile.db, "receipts", "off");
}

/** Queued and taken by the relay. */
export async function send(from: ProfileFixture, to: string, text: string): Promise<Message> {
  const { position } = queueMessage(from.profile, { to, text });
  return deliver(from, position);
}

export function deliver(from: ProfileFixture, position: number): Promise<Message> {
  return waitForMessage(from.profile, position, { connect: from.connect, timeout: 5_000 });
}

/** Catches up; whatever alarms there are come with the report. */
export async function syncWarily(at: ProfileFixture): Promise<SyncReport> {
  return syncConversations(at.profile, await at.connect());
}

/** Catches up with a relay that behaves. */
export async function sync(...at: readonly ProfileFixture[]): Promise<void> {
  for (const each of at) expect((await syncWarily(each)).alarms).toEqual([]);
}

export function texts(at: ProfileFixture, conversation?: string): string[] {
  const all = readMessages(at.profile, {
    limit: 10_000,
    ...(conversation === undefined ? {} : { conversation }),
  });
  return all.map(({ from, text }) => `${from}: ${text}`);
}
