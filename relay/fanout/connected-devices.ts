import { accountDisabled, ErrorReason, RelayError, unknownDevice } from "../errors.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Bus, BusEvent } from "./bus.ts";
import { type DeviceKey, deviceKey } from "./committed-row.ts";
import type { DeviceStream } from "./device-stream.ts";

interface Device {
  readonly streams: Set<DeviceStream>;
  live: { readonly stream: DeviceStream; readonly lease: bigint } | undefined;
}

/** Who is connected to this process; feeds them from the bus. */
export class ConnectedDevices {
  readonly #devices = new Map<DeviceKey, Device>();
  readonly #bus: Bus;
  readonly #maxStreams: number;

  constructor(bus: Bus, maxStreams: number, metrics: Metrics) {
    this.#bus = bus;
    this.#maxStreams = maxStreams;
    metrics.streamsOpen.from(() => this.#count((device) => device.streams.size));
    metrics.devicesLive.from(() => this.#count((device) => (device.live === undefined ? 0 : 1)));
    bus.subscribe((event) => this.#hear(event));
  }

  /** Throws QUOTA_EXCEEDED. */
  add(key: DeviceKey, stream: DeviceStream): void {
    const device = this.#devices.get(key) ?? { streams: new Set(), live: undefined };
    if (device.streams.size >= this.#maxStreams) {
      throw new RelayError(ErrorReason.QUOTA_EXCEEDED, "too many streams of this device", {
        retryAfter: 1_000,
      });
    }
    device.streams.add(stream);
    this.#devices.set(key, device);
  }

  /**
   * From now on `stream` gets what is pushed to the device. The highest lease has it; with equal leases the newer
   * stream, since it is the same holder who has come back. Throws SUPERSEDED.
   */
  goLive(key: DeviceKey, stream: DeviceStream, lease: bigint): void {
    const device = this.#devices.get(key);
    if (device === undefined) return;
    const before = device.live;
    if (before !== undefined && before.lease > lease) throw superseded();
    device.live = { stream, lease };
    before?.stream.end(superseded());
    this.#bus.attend(key, stream, lease);
  }

  /** It gets nothing any more, but still counts until `remove`. */
  goQuiet(key: DeviceKey, stream: DeviceStream): void {
    const device = this.#devices.get(key);
    if (device?.live?.stream !== stream) return;
    device.live = undefined;
    this.#bus.leave(key);
  }

  remove(key: DeviceKey, stream: DeviceStream): void {
    this.goQuiet(key, stream);
    const device = this.#devices.get(key);
    device?.streams.delete(stream);
    if (device?.streams.size === 0) this.#devices.delete(key);
  }

  #count(each: (device: Device) => number): number {
    let sum = 0;
    for (const device of this.#devices.values()) sum += each(device);
    return sum;
  }

  #hear(event: BusEvent): void {
    if (event.kind === "removed") {
      const device = this.#devices.get(deviceKey(event.accountId, event.deviceId));
      for (const stream of device?.streams ?? []) {
        stream.end(event.disabled === true ? accountDisabled() : unknownDevice());
      }
      return;
    }
    if (event.kind === "signalled") {
      for (const key of event.devices) this.#devices.get(key)?.live?.stream.signal(event.frame);
      return;
    }
    if (event.kind !== "moved") return;
    const { conversationId, devices, row } = event;
    for (const key of devices) {
      const stream = this.#devices.get(key)?.live?.stream;
      // Nobody can place the first row of a log he has not heard of: its head tells incarnation and members.
      if (row === undefined || row.sequence === 1n) stream?.oweHead(conversationId);
      else stream?.push(conversationId, row);
    }
  }
}

export function superseded(): RelayError {
  return new RelayError(ErrorReason.SUPERSEDED, "another process of this device has taken the live stream");
}
