/** What other results are compared with. */
export interface Floors {
  /** Round trips a second over shared connections, and with a connection and TLS each. */
  readonly shared: number;
  readonly own: number;
  /** Rows a second, 256 in a statement. */
  readonly rows: number;
}

/** What the command line says. */
export interface Settings {
  /** Of each stretch of load, after its warm-up. */
  readonly seconds: number;
  /** Of the soak. */
  readonly minutes: number;
  /** Fill to 10^7 rows too. */
  readonly manyRows: boolean;
  /** Where the relay writes a profile of its processor time when it ends. */
  readonly profileFolder: string | undefined;
  /** Measured in the same run. */
  readonly floors?: Floors;
}

export const SHARED_CONNECTIONS = 4;
/** Many clients' together, as a proxy has it. */
export const SHARED_WINDOW = 4 * 1024 * 1024;
/** As the client has it: grpc-js's, unless told otherwise. */
export const OWN_WINDOW = 65_535;
