/**
 * Why the relay did not start, what its operator asked was not done, or what `chat relay doctor` has found, and the exit
 * status that says so; these numbers mean the same for every command.
 */
const exitStatus = {
  usage: 64,
  insecure_listen: 64,
  unknown_account: 67,
  unknown_invitation: 67,
  relay_running: 69,
  port_in_use: 69,
  cannot_listen: 69,
  database_unreachable: 69,
  database_held: 69,
  data_folder_in_use: 69,
  nats_unreachable: 69,
  internal: 70,
  postgres_failed: 70,
  data_folder_unwritable: 73,
  not_allowed: 77,
  secrets_unusable: 78,
  certificate_unusable: 78,
  database_newer: 78,
  database_unsuitable: 78,
  clock_wrong: 78,
  no_embedded_postgres: 78,
  no_relay_here: 78,
} as const;

export type StartupErrorCode = keyof typeof exitStatus;

export function exitStatusOf(code: StartupErrorCode): number {
  return exitStatus[code];
}

/** Says in one sentence what happened, and in the hint what to do. */
export class StartupError extends Error {
  override readonly name = "StartupError";
  readonly code: StartupErrorCode;
  readonly hint: string;

  constructor(code: StartupErrorCode, message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
  }

  get exitStatus(): number {
    return exitStatusOf(this.code);
  }
}

/** The code of a system error, such as ENOENT. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
