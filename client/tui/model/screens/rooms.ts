import { emptyComposer } from "../composer.ts";
import type { RoomRow } from "../data.ts";
import { fitting } from "../directory.ts";
import { failed, loaded, loading, valueIn } from "../loadable.ts";
import type { Behaviour, Step } from "./behaviour.ts";
import { fieldAfter, nameFrom, stepOf, typedInto } from "./moving.ts";
import type { RoomsScreen } from "./screen.ts";

export const allRooms: RoomsScreen = {
  kind: "rooms",
  rooms: loading,
  query: emptyComposer,
  chosen: undefined,
  joining: undefined,
  failure: undefined,
};

/** The rooms of the relay: the one that is chosen is joined, or gone to. */
export const rooms: Behaviour<RoomsScreen> = {
  contexts: () => ["list", "text"],
  run(screen, command) {
    const names = roomsShown(screen).map(({ name }) => name);
    const by = stepOf(command);
    if (by !== undefined) return { screen: { ...screen, chosen: nameFrom(names, screen.chosen, by) } };
    if (command === "choose") {
      if (screen.rooms.kind === "failed") return again(screen);
      return enter(screen, nameFrom(names, screen.chosen));
    }
    const query = fieldAfter(screen.query, command);
    return query && { screen: { ...screen, query, chosen: undefined } };
  },
  type: (screen, text) => ({
    screen: { ...screen, query: typedInto(screen.query, text), chosen: undefined },
  }),
  choose: (screen, index) => enter(screen, roomsShown(screen)[index]?.name),
  take(screen, answer) {
    if (answer.what === "rooms") return { screen: { ...screen, rooms: loaded(answer.rooms) } };
    if (answer.what !== "done" || answer.effect !== "join room" || screen.joining === undefined)
      return undefined;
    const conversation = answer.conversation ?? screen.joining;
    return { screen: { ...screen, joining: undefined }, goTo: { conversation } };
  },
  fail(screen, effect, failure) {
    if (effect === "list rooms") return { ...screen, rooms: failed(screen.rooms, failure) };
    return effect === "join room" ? { ...screen, joining: undefined, failure } : undefined;
  },
};

export function roomsShown({ rooms, query }: RoomsScreen): readonly RoomRow[] {
  return fitting(valueIn(rooms) ?? [], query.text);
}

function enter(screen: RoomsScreen, name: string | undefined): Step<RoomsScreen> {
  const room = valueIn(screen.rooms)?.find((each) => each.name === name);
  if (room === undefined) return { screen };
  const chosen = room.name;
  if (room.joined) return { screen, goTo: { conversation: room.name } };
  if (screen.joining !== undefined) return { screen: { ...screen, chosen } };
  return {
    screen: { ...screen, chosen, joining: room.name, failure: undefined },
    effects: [{ kind: "join room", name: room.name }],
  };
}

function again(screen: RoomsScreen): Step<RoomsScreen> {
  return { screen: { ...screen, rooms: loading }, effects: [{ kind: "list rooms" }] };
}
