import type * as opaque from "@serenity-kit/opaque";

/** Half a second each time, as it should be: here it is seen that it is asked for, and something quick done instead. */
export function hardeningQuickly(real: typeof opaque): typeof opaque {
  const quickly =
    <P extends { keyStretching?: unknown }, R>(work: (parameters: P) => R) =>
    (parameters: P): R => {
      if (parameters.keyStretching !== "memory-constrained") throw new Error("not hardened");
      const keyStretching = { "argon2id-custom": { iterations: 1, memory: 8, parallelism: 1 } };
      return work({ ...parameters, keyStretching });
    };
  const { finishRegistration, finishLogin } = real.client;
  const client = {
    ...real.client,
    finishRegistration: quickly(finishRegistration),
    finishLogin: quickly(finishLogin),
  };
  return { ...real, client };
}
