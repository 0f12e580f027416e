// An account on a relay, without the client: the calls of auth.proto, each by hand, so that tests can bend any of them.

import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import * as opaque from "@serenity-kit/opaque";
import {
  type ChainState,
  createAccountKey,
  createDeviceKeys,
  createGenesis,
  createRecovery,
  type DeviceKeys,
  loginProof,
  randomBytes,
  ready,
  recoveryKeyPair,
  refreshProof,
  type SigningKeyPair,
  sealAccountKey,
  signProof,
  verifyChain,
} from "../../keys/index.ts";
import { AuthService, type Tokens } from "../../proto/gen/sotto/relay/v1/auth_pb.ts";
import { callUnary, ERROR_REASON_KEY, RETRY_AFTER_KEY } from "../../proto/grpc.ts";

const auth = AuthService.method;
/** The password's hardening is the client's affair, and takes 270 ms as it should be. */
const keyStretching = { "argon2id-custom": { iterations: 1, memory: 8, parallelism: 1 } };

export interface Member {
  readonly client: Client;
  readonly name: string;
  readonly password: string;
  readonly chain: ChainState;
  readonly genesis: Uint8Array;
  readonly accountKey: SigningKeyPair;
  /** The recovery words, and the account key sealed under them. */
  readonly words: readonly string[];
  readonly sealedAccountKey: Uint8Array;
  readonly device: DeviceKeys;
  tokens: Tokens;
  /** What every call but auth's wants. */
  metadata(): Metadata;
}

export function dial(url: string, options: Record<string, unknown> = {}): Client {
  return new Client(new URL(url).host, credentials.createInsecure(), {
    "grpc.enable_http_proxy": 0,
    "grpc.use_local_subchannel_pool": 1,
    ...options,
  });
}

/** Registers and logs in. Close `client` at the end. */
export async function joinRelay(
  url: string,
  name: string,
  password = `pass word ${name}`,
  invitation = "",
): Promise<Member> {
  const client = dial(url);
  const account = await newAccount(name);
  await register(client, account, password, invitation);
  const tokens = await logIn(client, account, password);
  const member: Member = {
    ...account,
    client,
    password,
    tokens,
    metadata: () => withToken(member.tokens.accessToken),
  };
  return member;
}

export function withToken(token: string): Metadata {
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${token}`);
  return metadata;
}

export type Account = Pick<
  Member,
  "name" | "chain" | "genesis" | "accountKey" | "words" | "sealedAccountKey" | "device"
>;

/** Keys and chain, known to nobody yet. */
export async function newAccount(name: string): Promise<Account> {
  await ready();
  const accountKey = createAccountKey(randomBytes);
  const device = createDeviceKeys(randomBytes);
  const { words, secret } = createRecovery(randomBytes);
  const recoveryPublicKey = recoveryKeyPair(secret).publicKey;
  const sealedAccountKey = sealAccountKey(secret, accountKey, randomBytes);
  const { entry } = createGenesis({ name, accountKey, recoveryPublicKey, device, createdAt: Date.now() });
  const chain = verifyChain([entry]);
  return { name, genesis: entry, chain, accountKey, words, sealedAccountKey, device };
}

export async function register(
  client: Client,
  account: Account,
  password: string,
  invitation = "",
): Promise<void> {
  const registrationRecord = await registrationRecordOf(client, account, password, invitation);
  await callUnary(client, auth.finishRegistration, {
    genesis: account.genesis,
    registrationRecord,
    sealedAccountKey: account.sealedAccountKey,
    invitation,
  });
}

export async function registrationRecordOf(
  client: Client,
  account: Pick<Account, "name" | "chain">,
  password: string,
  invitation = "",
): Promise<string> {
  await opaque.ready;
  const { clientRegistrationState, registrationRequest } = opaque.client.startRegistration({ password });
  const { registrationResponse } = await callUnary(client, auth.startRegistration, {
    name: account.name,
    accountId: account.chain.accountId,
    registrationRequest,
    invitation,
  });
  return opaque.client.finishRegistration({
    password,
    registrationResponse,
    clientRegistrationState,
    keyStretching,
  }).registrationRecord;
}

/** Whose login it is, and of which device. */
type LoggingIn = Pick<Account, "name" | "chain" | "device">;

/** What a login may do otherwise than it should. */
export interface LoginTricks {
  readonly deviceId?: Uint8Array;
  readonly signature?: (right: Uint8Array) => Uint8Array;
  /** Between the two halves. */
  readonly pause?: () => Promise<void>;
}

export async function logIn(
  client: Client,
  account: LoggingIn,
  password: string,
  tricks: LoginTricks = {},
): Promise<Tokens> {
  const { finish } = await startLogin(client, account.name, password);
  await tricks.pause?.();
  const request = finish(account, tricks);
  if (request === undefined) throw new Error("the relay's answer does not fit the password");
  const { tokens } = await callUnary(client, auth.finishLogin, request);
  if (tokens === undefined) throw new Error("no tokens");
  return tokens;
}

/** The first half. `finish` makes the second request; undefined when the client sees that the password is wrong. */
export async function startLogin(client: Client, name: string, password: string) {
  await opaque.ready;
  const { clientLoginState, startLoginRequest } = opaque.client.startLogin({ password });
  const response = await callUnary(client, auth.startLogin, { name, startLoginRequest });
  const { loginResponse, loginId } = response;
  /** Undefined: the password is wrong. */
  const prove = () => opaque.client.finishLogin({ password, loginResponse, clientLoginState, keyStretching });
  const finish = (account: LoggingIn, tricks: LoginTricks = {}) => {
    const done = prove();
    if (done === undefined) return undefined;
    const proof = loginProof({
      sessionKey: Buffer.from(done.sessionKey, "utf8"),
      accountId: account.chain.accountId,
      deviceId: account.device.deviceId,
      loginId,
    });
    const right = signProof(proof, account.device.signing.secretKey);
    return {
      loginId,
      finishLoginRequest: done.finishLoginRequest,
      deviceId: tricks.deviceId ?? account.device.deviceId,
      deviceSignature: tricks.signature?.(right) ?? right,
    };
  };
  return { response, prove, finish };
}

export async function refreshTokens(
  client: Client,
  refreshToken: string,
  device: DeviceKeys,
  tricks: { nonce?: Uint8Array } = {},
): Promise<Tokens> {
  const nonce = tricks.nonce ?? (await callUnary(client, auth.getChallenge, {})).nonce;
  const deviceSignature = signProof(refreshProof(nonce, refreshToken), device.signing.secretKey);
  const { tokens } = await callUnary(client, auth.refresh, { refreshToken, nonce, deviceSignature });
  if (tokens === undefined) throw new Error("no tokens");
  return tokens;
}

/** The reason of a failure, or "gRPC CODE" if it has none. */
export function reasonIn({ code, metadata }: ServiceError): string {
  return metadata?.get(ERROR_REASON_KEY)[0]?.toString() ?? `gRPC ${code}`;
}

/** How a call failed: its reason, or "gRPC CODE" if it has none. */
export async function reasonOf(call: Promise<unknown>): Promise<string> {
  return (await failureOf(call)).reason;
}

export async function failureOf(
  call: Promise<unknown>,
): Promise<{ reason: string; retryAfter: number | undefined; code: number; details: string }> {
  try {
    await call;
  } catch (error) {
    const { code, metadata, details } = error as ServiceError;
    if (metadata === undefined) throw error;
    const reason = reasonIn(error as ServiceError);
    const retryAfter = metadata.get(RETRY_AFTER_KEY)[0];
    return { reason, retryAfter: retryAfter === undefined ? undefined : Number(retryAfter), code, details };
  }
  throw new Error("the call succeeded");
}
