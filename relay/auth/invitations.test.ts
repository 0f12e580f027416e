import type { Client } from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "vitest";
import { AuthService, DirectoryDoor, RegistrationDoor } from "../../proto/gen/sotto/relay/v1/auth_pb.ts";
import { callUnary } from "../../proto/grpc.ts";
import { type Account, dial, logIn, newAccount, reasonOf, register } from "../../test/support/member.ts";
import { startTestRelay, type TestRelay } from "../../test/support/relay.ts";
import { makeInvitation } from "../admin/invitations.ts";
import type { Doors } from "../doors.ts";

const auth = AuthService.method;
const HOUR = 3_600_000;
let relay: TestRelay;
let client: Client;

async function open(doors: Partial<Doors>): Promise<void> {
  relay = await startTestRelay({ doors });
  client = dial(relay.url);
}

afterEach(async () => {
  client.close();
  await relay.stop();
});

async function invite(uses = 1, lifetime?: number): Promise<string> {
  const now = relay.now();
  const expiresAt = lifetime === undefined ? undefined : now + lifetime;
  return (await makeInvitation(relay.database, { uses, expiresAt, now })).token;
}

function startWith(account: Account, invitation: string) {
  const { name, chain } = account;
  const request = { name, accountId: chain.accountId, registrationRequest: "x", invitation };
  return reasonOf(callUnary(client, auth.startRegistration, request));
}

describe("a relay that registers by invitation", () => {
  test("says so, and takes nobody without one, whether the name is free or not", async () => {
    await open({ registration: "invite", directory: "exact" });
    expect(await callUnary(client, auth.describeRelay, {})).toMatchObject({
      registration: RegistrationDoor.INVITE,
      directory: DirectoryDoor.EXACT,
    });
    const alice = await newAccount("alice");
    expect(await reasonOf(register(client, alice, "pass"))).toBe("invitation_needed");
    expect(await reasonOf(register(client, alice, "pass", "nonsense"))).toBe("invitation_invalid");
    expect(await startWith(alice, "x".repeat(65))).toBe("malformed");
    await register(client, alice, "pass", await invite());
    expect(await startWith(await newAccount("alice"), "")).toBe("invitation_needed");
    expect(await startWith(await newAccount("alice"), await invite())).toBe("name_taken");
  });

  test("takes as many as the invitation is for, and not one more when they come at once", async () => {
    await open({ registration: "invite" });
    const token = await invite(2);
    const names = ["ann", "ben", "cat", "dan"];
    const accounts = await Promise.all(names.map(newAccount));
    const outcomes = await Promise.all(
      accounts.map((account) =>
        register(client, account, "pass", token).then(
          () => "in",
          (error) => reasonOf(Promise.reject(error)),
        ),
      ),
    );
    expect(outcomes.toSorted()).toEqual(["in", "in", "invitation_invalid", "invitation_invalid"]);
  });

  test("uses nothing up for a registration that is made again, or that fails", async () => {
    await open({ registration: "invite" });
    const token = await invite(2);
    const [alice, thief, bob] = [
      await newAccount("alice"),
      await newAccount("alice"),
      await newAccount("bob"),
    ];
    await register(client, alice, "pass", token);
    await register(client, alice, "pass", token);
    expect(await reasonOf(register(client, thief, "pass", token))).toBe("name_taken");
    await register(client, bob, "pass", token);
    await register(client, alice, "pass"); // made already: it needs none
    await logIn(client, alice, "pass");
  });

  test("takes none whose time is over", async () => {
    await open({ registration: "invite" });
    const token = await invite(1, HOUR);
    relay.ahead = HOUR;
    expect(await reasonOf(register(client, await newAccount("late"), "pass", token))).toBe(
      "invitation_invalid",
    );
    relay.ahead = HOUR - 60_000;
    await register(client, await newAccount("intime"), "pass", token);
  });

  test("keeps no token that can be read", async () => {
    await open({ registration: "invite" });
    const token = await invite();
    const { rows } = await relay.database.query<{ dump: string }>(
      "select invitations::text as dump from invitations",
    );
    expect(rows).toHaveLength(1);
    for (const form of [token, Buffer.from(token).toString("hex")]) {
      expect(rows[0]?.dump).not.toContain(form);
    }
  });
});
