// The proxy of deploy/nginx.conf as a process: the files themselves, with other ports, folders and a certificate of the test.
import { spawn } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { connect } from "node:tls";
import { makeCertificate } from "./certificate.ts";
import { freePort } from "./free-port.ts";

const DEPLOY = new URL("../../deploy/", import.meta.url);

export interface TestProxy {
  /** `https://127.0.0.1:PORT#sha256=…` */
  readonly url: string;
  readonly port: number;
  /** Of its certificate, as an authority for NODE_EXTRA_CA_CERTS. */
  readonly certPath: string;
  /** What it says of itself. */
  status(path: "/healthz" | "/status"): Promise<string>;
  /** Its stderr so far. */
  log(): string;
  /** Gives it another certificate, as an operator does, and waits until newcomers see it. Returns its new address. */
  renewCertificate(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * `upstreams` names a file of deploy/upstreams; in it `ports` says where each address that stands there is in this test.
 */
export async function startProxy(
  nginx: string,
  upstreams: string,
  ports: Readonly<Record<string, number>>,
): Promise<TestProxy> {
  const folder = await mkdtemp(join(tmpdir(), "sotto-proxy-"));
  const [port, statusPort] = [await freePort(), await freePort()];
  await writeFile(
    join(folder, "nginx.conf"),
    replaceAll(await readFile(new URL("nginx.conf", DEPLOY), "utf8"), {
      "0.0.0.0:7443": `127.0.0.1:${port}`,
      "127.0.0.1:7480": `127.0.0.1:${statusPort}`,
      "/run/nginx.pid": `${folder}/nginx.pid`,
      "/var/cache/nginx": folder,
    }),
  );
  const addresses = Object.entries(ports).map(([address, actual]) => [address, `127.0.0.1:${actual}`]);
  await writeFile(
    join(folder, "upstreams.conf"),
    replaceAll(
      await readFile(new URL(`upstreams/${upstreams}.conf`, DEPLOY), "utf8"),
      Object.fromEntries(addresses),
    ),
  );
  await mkdir(join(folder, "tls"));
  const certify = async (name: string): Promise<{ url: string; certPath: string }> => {
    const { certPath, keyPath, pem } = await makeCertificate(folder, name);
    await copyFile(certPath, join(folder, "tls", "fullchain.pem"));
    await copyFile(keyPath, join(folder, "tls", "privkey.pem"));
    const pin = createHash("sha256").update(new X509Certificate(pem).raw).digest("base64url");
    return { url: `https://127.0.0.1:${port}#sha256=${pin}`, certPath };
  };
  const { url, certPath } = await certify("first");

  const process = spawn(
    nginx,
    ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr", "-g", "daemon off;"],
    {
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  let log = "";
  process.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const ended = once(process, "close");
  const status: TestProxy["status"] = async (path) => {
    const answer = await fetch(`http://127.0.0.1:${statusPort}${path}`);
    return `${answer.status} ${await answer.text()}`;
  };
  for (let tries = 0; !(await isUp(status)); tries += 1) {
    if (tries > 200 || process.exitCode !== null) throw new Error(`nginx does not start\n${log}`);
    await pause(50);
  }
  return {
    url,
    port,
    certPath,
    status,
    log: () => log,
    renewCertificate: async () => {
      const { url: renewed } = await certify("second");
      process.kill("SIGHUP");
      while (!renewed.endsWith(await pinAt(port))) await pause(50);
      return renewed;
    },
    stop: async () => {
      process.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Of the certificate that a new connection is shown. */
async function pinAt(port: number): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return createHash("sha256").update(raw).digest("base64url");
}

async function isUp(status: TestProxy["status"]): Promise<boolean> {
  return status("/healthz").then(
    (answer) => answer === "200 ok\n",
    () => false,
  );
}

/** Each must be there: a file that has changed its words would otherwise run as nobody meant it. */
function replaceAll(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((changed, [from, to]) => {
    if (!text.includes(from)) throw new Error(`no ${from} in it`);
    return changed.replaceAll(from, to);
  }, text);
}
