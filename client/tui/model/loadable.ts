import type { Failure } from "./event.ts";

/** What an effect fetches for a screen. */
export type Loadable<T> =
  | { readonly kind: "loading" }
  | { readonly kind: "loaded"; readonly value: T }
  | { readonly kind: "failed"; readonly failure: Failure };

export const loading = { kind: "loading" } as const;

export function loaded<T>(value: T): Loadable<T> {
  return { kind: "loaded", value };
}

/** What is there already stays: a newer one just did not come. */
export function failed<T>(before: Loadable<T>, failure: Failure): Loadable<T> {
  return before.kind === "loaded" ? before : { kind: "failed", failure };
}

export function valueIn<T>(loadable: Loadable<T>): T | undefined {
  return loadable.kind === "loaded" ? loadable.value : undefined;
}
