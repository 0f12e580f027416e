import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { LoadMethods, Method, Request, Response } from "./load-protocol.ts";

/** The process that makes the load, seen from the bench. */
export class LoadProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #last = 0;

  constructor() {
    this.#child = fork(new URL("./load.ts", import.meta.url), { serialization: "advanced" });
    this.#child.on("message", ({ id, answer, error }: Response) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(`in the load: ${error}`));
    });
    this.#child.on("exit", (code, signal) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the load ended: ${code ?? signal}`));
      this.#waiting.clear();
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  ask<M extends Method>(
    method: M,
    ...[parameter]: Parameters<LoadMethods[M]>
  ): Promise<ReturnType<LoadMethods[M]>> {
    this.#last += 1;
    const request: Request = { id: this.#last, method, parameter };
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(request.id, waiting);
    this.#child.send(request);
    return waiting.promise as Promise<ReturnType<LoadMethods[M]>>;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}
