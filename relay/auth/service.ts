import { equal } from "../../keys/public.ts";
import { AuthService, DirectoryDoor, RegistrationDoor } from "../../proto/gen/sotto/relay/v1/auth_pb.ts";
import type { Doors } from "../doors.ts";
import type { Bus } from "../fanout/bus.ts";
import type { Rates } from "../limits.ts";
import type { Parts } from "../parts.ts";
import { RateLimit } from "../rate-limit.ts";
import { type Service, service } from "../service.ts";
import { deleteAccount } from "../upkeep/delete-account.ts";
import { noteSeen } from "../upkeep/lapse.ts";
import { version } from "../version.ts";
import { makeChallenge } from "./challenge.ts";
import { addDevice, finishEnrolment } from "./enrol.ts";
import { finishLogin, startLogin, takeProvenLogin } from "./log-in.ts";
import { loginFailed } from "./opaque.ts";
import { resetPassword, startRecovery } from "./recover.ts";
import { refresh } from "./refresh.ts";
import { checkName, finishRegistration, startRegistration } from "./register.ts";
import { findSealedAccountKey } from "./sql/find-sealed-account-key.ts";

export function authService(parts: Parts, bus: Bus): Service {
  const { rates, secrets, clock, database, doors, metrics } = parts;
  const limit = (name: keyof Rates) => new RateLimit(rates[name], metrics.rateLimited.of(name));
  const registrations = limit("registrationsPerAddress");
  const logins = limit("loginsPerAddress");
  const failuresHere = limit("failedLoginsPerNameAndAddress");
  const failures = limit("failedLoginsPerName");
  const recoveries = limit("recoveriesPerAddress");
  const recoveriesOfName = limit("recoveriesPerName");
  const refreshes = limit("refreshesPerAddress");

  const succeeded = async (address: string, name: string): Promise<void> => {
    await failuresHere.giveBack(`${address} ${name}`);
    await failures.giveBack(name);
  };

  const described = { ...describe(doors), version };

  return service(AuthService, {
    describeRelay: { access: "anybody", handle: async () => described },
    startRegistration: {
      access: "anybody",
      handle: async (request, { address }) => {
        await registrations.take(address);
        return startRegistration(parts, request);
      },
    },
    finishRegistration: {
      access: "anybody",
      handle: async (request, { address }) => {
        await registrations.take(address);
        return finishRegistration(parts, bus, request);
      },
    },
    startLogin: {
      access: "anybody",
      handle: async (request, { address }) => {
        await logins.take(address);
        checkName(request.name);
        // Every beginning counts as a failure until it has succeeded.
        await failuresHere.take(`${address} ${request.name}`);
        await failures.take(request.name);
        return startLogin(parts, request);
      },
    },
    finishLogin: {
      access: "anybody",
      handle: async (request, { address }) => {
        await logins.take(address);
        const { tokens, name, owner } = await finishLogin(parts, request);
        await noteSeen(database, bus, owner, clock());
        await succeeded(address, name);
        return { tokens };
      },
    },
    finishEnrolment: {
      access: "anybody",
      handle: async (request, { address }) => {
        await logins.take(address);
        const { name, ...enrolment } = await finishEnrolment(parts, request);
        await succeeded(address, name);
        return enrolment;
      },
    },
    addDevice: {
      access: "anybody",
      handle: async (request, { address }) => {
        await logins.take(address);
        await addDevice(parts, bus, request);
        return {};
      },
    },
    startRecovery: {
      access: "anybody",
      handle: async ({ name }, { address }) => {
        await recoveries.take(address);
        checkName(name);
        await recoveriesOfName.take(name);
        return startRecovery(parts, name);
      },
    },
    resetPassword: {
      access: "anybody",
      handle: async (request, { address }) => {
        await recoveries.take(address);
        await resetPassword(parts, request);
        return {};
      },
    },
    getChallenge: {
      access: "anybody",
      handle: async (_request, { address }) => {
        await refreshes.take(address);
        return { nonce: makeChallenge(secrets.challengeMac, clock()) };
      },
    },
    refresh: {
      access: "anybody",
      handle: async (request, { address }) => {
        await refreshes.take(address);
        const { tokens, owner } = await refresh(parts, request);
        await noteSeen(database, bus, owner, clock());
        return { tokens };
      },
    },
    getSealedAccountKey: {
      access: "devices",
      handle: async (_request, { accountId }) => {
        const sealedAccountKey = await findSealedAccountKey(database, accountId);
        if (sealedAccountKey === undefined) throw new Error("an account without credentials");
        return { sealedAccountKey };
      },
    },
    deleteAccount: {
      access: "devices",
      handle: async (request, caller, { address }) => {
        await logins.take(address);
        const { account, name } = await takeProvenLogin(parts, request);
        if (!equal(account, caller.accountId)) throw loginFailed();
        await succeeded(address, name);
        for (const event of await deleteAccount(database, account, { now: clock() })) bus.publish(event);
        return {};
      },
    },
  });
}

const directoryDoors = {
  open: DirectoryDoor.OPEN,
  exact: DirectoryDoor.EXACT,
  off: DirectoryDoor.OFF,
} as const;
const registrationDoors = {
  open: RegistrationDoor.OPEN,
  invite: RegistrationDoor.INVITE,
  closed: RegistrationDoor.CLOSED,
} as const;

function describe({ directory, registration }: Doors) {
  return { directory: directoryDoors[directory], registration: registrationDoors[registration] };
}
