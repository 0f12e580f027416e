import { fromHex } from "../bytes.ts";
import type { Json } from "./vector.ts";

/** Reads the fields of an input; a field of another type is a broken vector, not a failure of the protocol. */
export class Input {
  readonly #fields: { readonly [key: string]: Json };

  constructor(value: Json | undefined) {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new TypeError("not an object");
    this.#fields = value as { readonly [key: string]: Json };
  }

  text(name: string): string {
    const value = this.#fields[name];
    if (typeof value !== "string") throw new TypeError(`${name} is not text`);
    return value;
  }

  bytes(name: string): Uint8Array {
    return fromHex(this.text(name));
  }

  number(name: string): number {
    const value = this.#fields[name];
    if (typeof value !== "number") throw new TypeError(`${name} is not a number`);
    return value;
  }

  list(name: string): readonly Json[] {
    const value = this.#fields[name];
    if (!Array.isArray(value)) throw new TypeError(`${name} is not a list`);
    return value;
  }

  bytesList(name: string): Uint8Array[] {
    return this.list(name).map((value) => fromHex(String(value)));
  }

  object(name: string): Input {
    return new Input(this.#fields[name]);
  }

  optional(name: string): Input | null {
    return this.#fields[name] === null ? null : this.object(name);
  }

  objects(name: string): Input[] {
    return this.list(name).map((value) => new Input(value));
  }
}
