import { Asked } from "../db/asked.ts";
import type { Queries } from "../db/pool.ts";
import type { Removed } from "./bus.ts";
import { deviceKey } from "./committed-row.ts";
import { selectShutOut } from "./sql/select-shut-out.ts";

type Device = Pick<Removed, "accountId" | "deviceId">;

/** Devices of one statement. */
const MOST = 500;

/** Whether the database lets a device in no more; of many, by few statements. Rejects when the database is away. */
export function shutOut(database: Queries): (device: Device) => Promise<boolean> {
  const asked = new Asked<Device, boolean>({
    answer: async (devices) => {
      const shut = await selectShutOut(database, devices);
      const keys = new Set(shut.map((row) => row.account_id.toString("hex") + row.device_id.toString("hex")));
      return devices.map(({ accountId, deviceId }) => keys.has(deviceKey(accountId, deviceId)));
    },
    most: MOST,
    atOnce: 1,
  });
  return (device) => asked.ask(device);
}
