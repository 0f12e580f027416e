import type { RelayAddress } from "../../net/relay-address.ts";
import { connectAnonymously } from "../connection/connect.ts";
import { proveForEnrolment } from "./enrolment.ts";

/**
 * Proves the password of an account that this machine is not a device of yet: before its words are asked for, and before
 * anything of it is kept here. How many devices it has. Throws as `proveForEnrolment` does.
 */
export async function proveAccount(name: string, password: string, relay: RelayAddress): Promise<number> {
  const { auth, close } = await connectAnonymously(relay);
  try {
    const { chain } = await proveForEnrolment(auth, name, password, undefined);
    return chain.devices.length;
  } finally {
    close();
  }
}
