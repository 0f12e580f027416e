import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { AuthService } from "../../proto/gen/sotto/relay/v1/auth_pb.ts";
import { DirectoryService } from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import { GroupsService } from "../../proto/gen/sotto/relay/v1/groups_pb.ts";
import { MessagingService } from "../../proto/gen/sotto/relay/v1/messaging_pb.ts";
import type { RelayChannel } from "./channel.ts";
import { NetError } from "./net-error.ts";
import { openPeopleWatch } from "./people-watch.ts";
import type { RelayConnection } from "./relay-connection.ts";
import { openRelayStream } from "./relay-stream.ts";

/**
 * A valid access token; with `rejected`, one other than that, which the relay no longer takes. Rejects with NetError.
 */
export type AccessTokens = (rejected?: string) => Promise<string>;

const directory = DirectoryService.method;
const groups = GroupsService.method;
const messaging = MessagingService.method;

/** The relay as an authenticated device sees it. `close` closes the channel. */
export function relayConnection(channel: RelayChannel, accessTokens: AccessTokens): RelayConnection {
  /** A token can run out, or the relay's clock can jump: one fresh token is tried before giving up. */
  async function withToken<T>(work: (accessToken: string) => Promise<T>): Promise<T> {
    const token = await accessTokens();
    try {
      return await work(token);
    } catch (error) {
      if (!(error instanceof NetError) || !isTokenRefused(error)) throw error;
      return work(await accessTokens(token));
    }
  }

  const call = <I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
  ): Promise<MessageShape<O>> => withToken((token) => channel.unary(method, request, token));

  return {
    async lookUpPeople(wanted) {
      return (await call(directory.lookUpPeople, wanted)).people;
    },
    async listPeople(page = {}) {
      return call(directory.listPeople, { pageSize: page.size ?? 0, pageToken: page.token ?? "" });
    },
    watchPeople: (onPeople, signal) =>
      withToken((token) => openPeopleWatch(channel, token, onPeople, signal)),
    async getAccountChains(positions) {
      const { chains } = await call(directory.getAccountChains, { positions });
      if (chains.length !== positions.length) {
        throw new NetError("untrusted", "the relay left account chains out of its answer");
      }
      return chains;
    },
    async appendAccountEntry(entry) {
      await call(directory.appendAccountEntry, { entry });
    },
    publishPrekeys: (prekeys) => call(directory.publishPrekeys, prekeys),
    countPrekeys: () => call(directory.countPrekeys, {}),
    async takePrekeyBundles(devices) {
      return (await call(directory.takePrekeyBundles, { devices })).bundles;
    },
    async openDirect(accountId) {
      const { conversation, roster } = await call(messaging.openDirect, { accountId });
      return { conversation: given(conversation), roster: given(roster) };
    },
    appendMembershipEntry: (entry) => call(groups.appendEntry, { entry }),
    getMembership: (conversationId, entriesHeld, checkpointsFrom = 0n, entriesWanted = 0n) =>
      call(groups.getMembership, { conversationId, entriesHeld, checkpointsFrom, entriesWanted }),
    listRooms: (page = {}) =>
      call(groups.listRooms, { pageSize: 0, pageToken: page.token ?? "", name: page.name ?? "" }),
    async getRoster(conversationId, version) {
      return given((await call(messaging.getRoster, { conversationId, version })).roster);
    },
    async deleteAccount(proof) {
      await call(AuthService.method.deleteAccount, proof);
    },
    async eraseRow(conversationId, sequence) {
      await call(messaging.eraseRow, { conversationId, sequence });
    },
    openStream: (options) => withToken((token) => openRelayStream(channel, token, options)),
    close: () => channel.close(),
  };
}

function isTokenRefused(error: NetError): boolean {
  return error.reason === "token_expired" || error.reason === "token_invalid";
}

function given<T>(part: T | undefined): T {
  if (part === undefined) throw new NetError("untrusted", "the relay left out a part of its answer");
  return part;
}
