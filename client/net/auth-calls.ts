import { AuthService, DirectoryDoor, RegistrationDoor } from "../../proto/gen/sotto/relay/v1/auth_pb.ts";
import type { RelayChannel } from "./channel.ts";
import { NetError } from "./net-error.ts";

/** As the relay gave them. */
export interface IssuedTokens {
  readonly accessToken: string;
  /** By the relay's clock, milliseconds since 1970, as is `now`. */
  readonly accessExpiresAt: number;
  readonly refreshToken: string;
  readonly now: number;
}

/** The calls that need no access token: registration, login, recovery and refresh. Every one rejects with NetError only. */
export interface AuthCalls {
  describeRelay(): Promise<RelayDescription>;
  startRegistration(request: {
    name: string;
    accountId: Uint8Array;
    registrationRequest: string;
    invitation?: string;
  }): Promise<string>;
  finishRegistration(request: {
    genesis: Uint8Array;
    registrationRecord: string;
    sealedAccountKey: Uint8Array;
    invitation?: string;
  }): Promise<void>;
  startLogin(request: { name: string; startLoginRequest: string }): Promise<{
    loginId: Uint8Array;
    accountId: Uint8Array;
    loginResponse: string;
  }>;
  finishLogin(request: {
    loginId: Uint8Array;
    finishLoginRequest: string;
    deviceId: Uint8Array;
    deviceSignature: Uint8Array;
  }): Promise<IssuedTokens>;
  finishEnrolment(request: { loginId: Uint8Array; finishLoginRequest: string }): Promise<{
    ticket: Uint8Array;
    sealedAccountKey: Uint8Array;
    entries: Uint8Array[];
  }>;
  addDevice(request: { ticket: Uint8Array; entry: Uint8Array }): Promise<void>;
  startRecovery(name: string): Promise<{
    accountId: Uint8Array;
    accountPublicKey: Uint8Array;
    sealedAccountKey: Uint8Array;
    nonce: Uint8Array;
  }>;
  resetPassword(request: {
    accountId: Uint8Array;
    nonce: Uint8Array;
    registrationRecord: string;
    accountSignature: Uint8Array;
  }): Promise<void>;
  getChallenge(): Promise<Uint8Array>;
  refresh(request: {
    refreshToken: string;
    nonce: Uint8Array;
    deviceSignature: Uint8Array;
  }): Promise<IssuedTokens>;
}

/** What the relay says of its doors; undefined: nothing that this version knows. */
export interface RelayDescription {
  readonly directory: "open" | "exact" | "off" | undefined;
  readonly registration: "open" | "invite" | "closed" | undefined;
  /** Of its program; undefined: it does not say. */
  readonly version: string | undefined;
}

const { method } = AuthService;

const directoryDoors: Record<number, RelayDescription["directory"]> = {
  [DirectoryDoor.OPEN]: "open",
  [DirectoryDoor.EXACT]: "exact",
  [DirectoryDoor.OFF]: "off",
};
const registrationDoors: Record<number, RelayDescription["registration"]> = {
  [RegistrationDoor.OPEN]: "open",
  [RegistrationDoor.INVITE]: "invite",
  [RegistrationDoor.CLOSED]: "closed",
};

/** They go back to the relay in a header, and into the profile. */
const tokenForm = /^[\w.~+/=-]{1,2048}$/;

export function authCalls(channel: RelayChannel): AuthCalls {
  return {
    async describeRelay() {
      const { directory, registration, version } = await channel.unary(method.describeRelay, {});
      return {
        directory: directoryDoors[directory],
        registration: registrationDoors[registration],
        version: /^[\w.+-]{1,32}$/.test(version) ? version : undefined,
      };
    },
    async startRegistration(request) {
      return (await channel.unary(method.startRegistration, request)).registrationResponse;
    },
    async finishRegistration(request) {
      await channel.unary(method.finishRegistration, request);
    },
    startLogin: (request) => channel.unary(method.startLogin, request),
    async finishLogin(request) {
      return issued((await channel.unary(method.finishLogin, request)).tokens);
    },
    finishEnrolment: (request) => channel.unary(method.finishEnrolment, request),
    async addDevice(request) {
      await channel.unary(method.addDevice, request);
    },
    startRecovery: (name) => channel.unary(method.startRecovery, { name }),
    async resetPassword(request) {
      await channel.unary(method.resetPassword, request);
    },
    async getChallenge() {
      return (await channel.unary(method.getChallenge, {})).nonce;
    },
    async refresh(request) {
      return issued((await channel.unary(method.refresh, request)).tokens);
    },
  };
}

function issued(
  tokens: { accessToken: string; accessExpiresAt: bigint; refreshToken: string; now: bigint } | undefined,
): IssuedTokens {
  if (tokens === undefined || !tokenForm.test(tokens.accessToken) || !tokenForm.test(tokens.refreshToken)) {
    throw new NetError("untrusted", "the relay gave no tokens");
  }
  return {
    accessToken: tokens.accessToken,
    refreshToken: tokens.refreshToken,
    accessExpiresAt: Number(tokens.accessExpiresAt),
    now: Number(tokens.now),
  };
}
