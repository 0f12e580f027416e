import { DirectoryService, type WatchPeopleResponse } from "../../proto/gen/sotto/relay/v1/directory_pb.ts";
import type { RelayChannel } from "./channel.ts";
import { NetError } from "./net-error.ts";
import type { PeopleWatch, Person } from "./relay-connection.ts";

const FIRST_ANSWER_TIMEOUT_MS = 15_000;

/** Resolves at the relay's first answer: whoever registers from then on is told. Rejects with NetError. */
export function openPeopleWatch(
  channel: RelayChannel,
  accessToken: string,
  onPeople: (people: Person[]) => void,
  signal: AbortSignal,
): Promise<PeopleWatch> {
  return new Promise((resolve, reject) => {
    const { call, explain } = channel.watch(DirectoryService.method.watchPeople, {}, accessToken);
    let close: (error: NetError | undefined) => void = () => undefined;
    const closed = new Promise<NetError | undefined>((settle) => {
      close = settle;
    });
    const end = (error: NetError): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
      close(signal.aborted ? undefined : error);
      reject(error);
    };
    const cancel = (): void => call.cancel();
    const timer = setTimeout(() => {
      end(new NetError("timeout", `no answer in time from the relay at ${channel.address.url}`));
      call.cancel();
    }, FIRST_ANSWER_TIMEOUT_MS);
    signal.addEventListener("abort", cancel, { once: true });
    call.on("data", ({ people }: WatchPeopleResponse) => {
      clearTimeout(timer);
      resolve({ closed });
      if (people.length > 0) onPeople(people);
    });
    call.on("error", (error) => end(explain(error)));
    call.on("end", () => end(new NetError("unreachable", "the relay ended the stream")));
    if (signal.aborted) cancel();
  });
}
