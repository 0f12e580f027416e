import { describe, expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { serviceNames } from "./service-names.ts";
import { StartupError } from "./startup-error.ts";

const environment = { CHAT_HOME: "/home/of/chat" };
const read = (...parameters: string[]) => readConfig(parameters, environment);

function refusal(...parameters: string[]): StartupError {
  try {
    read(...parameters);
  } catch (error) {
    if (error instanceof StartupError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("the parameters of chat relay", () => {
  test("may all be left out", () => {
    expect(read()).toEqual({
      host: "127.0.0.1",
      port: 7443,
      dataFolder: "/home/of/chat/relay",
      database: undefined,
      tls: undefined,
      behindProxy: false,
      doors: { directory: "open", registration: "open" },
      retentionMs: 30 * 86_400_000,
      services: new Set(serviceNames),
    });
  });

  test("name the platform's folder when there is no CHAT_HOME", () => {
    const folder = readConfig([], { XDG_DATA_HOME: "/data" })?.dataFolder;
    expect(folder).toMatch(
      process.platform === "darwin" ? /Application Support\/sotto\/relay$/ : /^\/data\/sotto\/relay$/,
    );
  });

  test("--retention takes days or hours", () => {
    expect(read("--retention", "7d")).toMatchObject({ retentionMs: 7 * 86_400_000 });
    expect(read("--retention", "12h")).toMatchObject({ retentionMs: 12 * 3_600_000 });
    for (const wrong of ["0d", "7", "d", "7w", "-1d"]) {
      expect(refusal(`--retention=${wrong}`)).toMatchObject({ code: "usage", exitStatus: 64 });
    }
  });

  test("--nats names servers", () => {
    const nats = "nats://one.example:4222,tls://me:sesame@two.example";
    expect(read("--nats", nats)).toMatchObject({
      nats: ["nats://one.example:4222", "tls://me:sesame@two.example"],
    });
  });

  test.each([
    ["127.0.0.1:0", "127.0.0.1", 0],
    ["127.8.9.1:80", "127.8.9.1", 80],
    ["localhost:7000", "localhost", 7000],
    ["[::1]:7443", "::1", 7443],
  ])("--listen %s", (listen, host, port) => {
    expect(read("--listen", listen)).toMatchObject({ host, port });
  });

  test.each([
    "0.0.0.0:1",
    "[::]:1",
    "relay.example:1",
    "192.168.0.1:1",
    "127.0.0.1.example:1",
    "10.0.0.127:1",
  ])("--listen %s wants TLS, or a proxy that speaks it", (listen) => {
    expect(refusal("--listen", listen)).toMatchObject({ code: "insecure_listen", exitStatus: 64 });
    expect(read("--listen", listen, "--behind-proxy")).toMatchObject({ behindProxy: true });
    expect(read("--listen", listen, "--tls-cert", "c", "--tls-key", "k")).toMatchObject({
      tls: { certPath: "c", keyPath: "k" },
    });
  });

  test("close doors", () => {
    const { doors } = read("--directory", "exact", "--registration", "invite") ?? {};
    expect(doors).toEqual({ directory: "exact", registration: "invite" });
  });

  test("choose services, which tell each other over NATS", () => {
    const nats = ["--nats", "nats://127.0.0.1:4222"];
    const database = ["--database-url", "postgres://db.example/chat"];
    expect(read("--services", "messaging, auth", ...nats, ...database)).toMatchObject({
      services: new Set(["auth", "messaging"]),
    });
    expect(refusal("--services", "auth", ...nats).message).toContain("--services needs --database-url");
    const all = ["groups", "messaging", "auth", "directory"];
    expect(read("--services", all.join(","))).toMatchObject({ services: new Set(all) });
    expect(refusal("--services", "auth").message).toContain("--services needs --nats");
    expect(refusal("--services", "auth,blobs").message).toContain("this version has no blobs service");
  });

  test("say where metrics are", () => {
    expect(read("--metrics-listen", "0.0.0.0:9464")).toMatchObject({
      metricsListen: { host: "0.0.0.0", port: 9464 },
    });
  });

  test("let the relay make its own certificate", () => {
    expect(read("--listen", "0.0.0.0:1", "--tls", "self-signed")).toMatchObject({ tls: "self-signed" });
  });

  test.each([
    [["--directory", "ajar"], "--directory must be open, exact or off"],
    [["--registration", ""], "--registration must be open, invite or closed"],
    [["--tls", "on"], "--tls must be self-signed"],
    [["--tls", "self-signed", "--tls-cert", "a", "--tls-key", "b"], "leave out --tls-cert"],
    [["--nope"], "Unknown option '--nope'."],
    [["--listen"], "Option '--listen <host:port>' argument missing."],
    [["extra"], "Too many arguments"],
    [["--listen", "7443"], "--listen must be HOST:PORT"],
    [["--listen", "::1:7443"], "--listen must be HOST:PORT"],
    [["--listen", "127.0.0.1:65536"], "--listen has a port above 65535"],
    [["--listen", "127.0.0.1:-1"], "--listen must be HOST:PORT"],
    [["--data", ""], "--data must name a folder"],
    [["--database-url", "mysql://localhost/x"], "--database-url must start with postgres://"],
    [["--nats", "127.0.0.1:4222"], "--nats must be nats://HOST:PORT"],
    [["--nats", "nats://a,,nats://b"], "--nats must be nats://HOST:PORT"],
    [["--nats", "nats://a/path"], "--nats must be nats://HOST:PORT"],
    [["--services", "auth,post"], "--services must be some of auth,directory,groups,messaging"],
    [["--services", ""], "--services must be some of"],
    [["--metrics-listen", "9464"], "--metrics-listen must be HOST:PORT"],
    [["--tls-cert", "a.pem"], "--tls-cert and --tls-key go together"],
    [["--tls-key", "a.pem"], "--tls-cert and --tls-key go together"],
  ])("%j are wrong usage", (parameters, sentence) => {
    const error = refusal(...parameters);
    expect(error.message).toContain(sentence);
    expect(error).toMatchObject({ code: "usage", exitStatus: 64, hint: "See `chat relay --help`." });
  });
});
