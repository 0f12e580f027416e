export const MAX_OPAQUE_REGISTRATION_REQUEST = 256;
export const MAX_OPAQUE_RECORD = 1024;
export const MAX_OPAQUE_LOGIN_REQUEST = 512;
export const MAX_OPAQUE_FINISH = 512;
export const SEALED_ACCOUNT_KEY_BYTES = 72;
export const MAX_INVITATION = 64;
export const MAX_REFRESH_TOKEN = 256;
export const MAX_ACCESS_TOKEN = 1024;

export const ACCESS_TOKEN_MS = 15 * 60_000;
/** A family unused for so long is over: longer than the 45 days after which a device lapses. */
export const REFRESH_TOKEN_MS = 60 * 24 * 3_600_000;
export const CHALLENGE_MS = 5 * 60_000;
export const ENROLMENT_TICKET_MS = 10 * 60_000;
export const LOGIN_ATTEMPT_MS = 60_000;
/** More than one, so that two logins of one device at the same time do not lock each other out. */
export const MAX_FAMILIES_PER_DEVICE = 4;
