// Who may know whom. `node scripts/check-architecture.ts [ROOT]` prints what breaks a rule and exits 1.
// Tests may know anyone; what is not a test never imports one.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync, Visitor } from "oxc-parser";

interface Zone {
  readonly name: string;
  readonly files: RegExp;
  /** Zones it may import, itself included only if named. */
  readonly knows: readonly string[];
  /** Zones it may import with `import()` only, so that starting it does not load them. */
  readonly knowsLazily?: readonly string[];
  /** Zones of which it may import types only. */
  readonly knowsTypesOf?: readonly string[];
  /** Packages and Node modules it is limited to; absent: any. */
  readonly packages?: readonly string[];
}

/** A file belongs to the first zone that matches. */
const zones: readonly Zone[] = [
  // What this program is, for whoever has to say it; every `chat` loads it first.
  { name: "version", files: /^relay\/version\.ts$/, knows: [] },
  {
    name: "bin",
    files: /^bin\//,
    knows: ["bin", "version"],
    knowsLazily: ["cli", "tui", "core", "client", "relay"],
  },

  { name: "proto/relay", files: /^proto\/gen\/sotto\/relay\//, knows: ["proto/relay"] },
  { name: "proto/chat", files: /^proto\/gen\/sotto\/chat\//, knows: ["proto/chat"] },
  { name: "proto", files: /^proto\//, knows: ["proto", "proto/relay"] },

  { name: "keys/public", files: /^keys\/public\.ts$/, knows: ["keys"] },
  {
    name: "keys",
    files: /^keys\//,
    knows: ["keys", "keys/public"],
    packages: ["libsodium-wrappers", "@scure/bip39", "node:crypto"],
  },

  {
    name: "relay",
    files: /^relay\//,
    knows: ["relay", "version", "proto", "proto/relay", "keys/public"],
    knowsTypesOf: ["keys"],
  },

  { name: "tui/model", files: /^client\/tui\/model\//, knows: ["tui/model", "client"] },
  {
    name: "tui/views",
    files: /^client\/tui\/(views\/|theme\.ts)/,
    knows: ["tui/views", "tui/model", "client"],
  },
  { name: "tui", files: /^client\/tui\//, knows: ["tui", "tui/views", "tui/model", "core", "client"] },
  { name: "cli", files: /^client\/cli\//, knows: ["cli", "core", "client"] },
  {
    name: "core",
    files: /^client\/core\//,
    knows: ["core", "store", "net", "client", "keys", "keys/public", "proto", "proto/relay", "proto/chat"],
  },
  {
    name: "store",
    files: /^client\/store\//,
    knows: ["store", "client", "keys", "keys/public", "proto", "proto/relay", "proto/chat"],
  },
  {
    name: "net",
    files: /^client\/net\//,
    knows: ["net", "client", "keys", "keys/public", "proto", "proto/relay", "proto/chat"],
  },
  // safe-text.ts and whatever else lies directly in client/: known to all of the client, knows none of its folders.
  {
    name: "client",
    files: /^client\/[^/]+$/,
    knows: ["client", "keys", "keys/public", "proto", "proto/relay"],
  },
];

/** Packages, and words of code, that one place has to itself. `within` limits where the rule looks. */
const reserved: readonly { what: RegExp; only: string; within: RegExp; why: string }[] = [
  { what: /^import libsodium-wrappers$/, only: "keys/sodium.ts", within: /^/, why: "one door to libsodium" },
  {
    what: /^(process\.stdout|console\.(log|info|debug|table|dir|group|count|timeEnd|timeLog))$/,
    only: "client/cli/print.ts",
    within: /^client\//,
    why: "one writer of stdout",
  },
  {
    what: /^(makeGenericClientConstructor|makeClientConstructor|loadPackageDefinition|ServiceDefinition|MethodDefinition)$/,
    only: "proto/grpc.ts",
    within: /^(?!bench\/)/,
    why: "one bridge from protobuf to gRPC",
  },
  {
    what: /^\w+\.query$/,
    only: "relay/*/sql/ and relay/db/",
    within: /^relay\/(?!db\/|[^/]+\/sql\/)/,
    why: "SQL stands beside its service, one file a statement",
  },
  {
    what: /^(import better-sqlite3|\w+\.(prepare|pragma))$/,
    only: "client/store/",
    within: /^client\/(?!store\/)/,
    why: "one room for the profile's SQL",
  },
  {
    what: /^(Date|performance)\.now$|^Math\.random$/,
    only: "whoever calls keys/",
    within: /^keys\//,
    why: "time and randomness are passed in",
  },
];

const folders = ["bin", "proto", "keys", "relay", "client", "bench", "test"];

interface Import {
  readonly target: string;
  readonly how: "import" | "type" | "lazy";
}

/** What breaks a rule among these sources (path → text), one sentence each, in order of path. */
export function violations(sources: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  const graph = new Map<string, string[]>();

  for (const [path, source] of [...sources].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (isTest(path)) continue;
    const { imports, words } = read(path, source);
    const ours = imports.filter(({ target }) => target.startsWith("."));
    const edges = ours.map((edge) => ({ ...edge, target: posix.join(posix.dirname(path), edge.target) }));
    const packages = imports.filter(({ target }) => !target.startsWith(".")).map(packageName);
    graph.set(
      path,
      edges.map(({ target }) => target),
    );

    for (const edge of edges) {
      const problem = sources.has(edge.target) ? direction(path, edge) : "which does not exist";
      if (problem !== undefined) found.push(`${path} imports ${edge.target}, ${problem}`);
    }

    const allowed = zoneOf(path)?.packages;
    for (const name of packages) {
      if (allowed !== undefined && !allowed.includes(name)) {
        found.push(`${path} imports ${name}, but ${zoneOf(path)?.name} is limited to ${allowed.join(", ")}`);
      }
    }

    const said = new Set([...words, ...packages.map((name) => `import ${name}`)]);
    for (const { what, only, within, why } of reserved) {
      for (const word of said) {
        if (path !== only && within.test(path) && what.test(word)) {
          found.push(`${path} has \`${word}\`, which is for ${only} only (${why})`);
        }
      }
    }
  }

  return [...found, ...cycles(graph)];
}

function direction(from: string, { target, how }: Import): string | undefined {
  if (from.startsWith("bench/")) return target.endsWith(".test.ts") ? "which is a test" : undefined;
  if (isTest(target)) return "which is a test";
  const zone = zoneOf(from);
  const other = zoneOf(target);
  if (zone === undefined) return `but no zone in scripts/check-architecture.ts covers ${from}`;
  if (other === undefined) return "which no part of the program may import";
  if (zone.knows.includes(other.name)) return undefined;
  if (how === "type" && zone.knowsTypesOf?.includes(other.name)) return undefined;
  if (zone.knowsLazily?.includes(other.name)) {
    return how === "import" ? `but ${zone.name} may only import() ${other.name} lazily` : undefined;
  }
  if (zone.knowsTypesOf?.includes(other.name)) {
    return `but ${zone.name} may import only types from ${other.name}`;
  }
  return `but ${zone.name} may not know ${other.name}`;
}

function zoneOf(path: string): Zone | undefined {
  return zones.find(({ files }) => files.test(path));
}

function isTest(path: string): boolean {
  return path.endsWith(".test.ts") || path.endsWith(".test.tsx") || path.startsWith("test/");
}

function packageName({ target }: Import): string {
  if (target.startsWith("node:")) return target;
  return target
    .split("/")
    .slice(0, target.startsWith("@") ? 2 : 1)
    .join("/");
}

/** The imports of a file, and its identifiers and `object.property` pairs. */
function read(path: string, source: string): { imports: Import[]; words: Set<string> } {
  const { program, errors } = parseSync(path, source);
  if (errors[0] !== undefined) throw new Error(`${path} does not parse: ${errors[0].message}`);
  const imports: Import[] = [];
  const words = new Set<string>();

  new Visitor({
    ImportDeclaration({ source, importKind, specifiers }) {
      imports.push({ target: source.value, how: importKind === "type" ? "type" : "import" });
      for (const specifier of specifiers) {
        if (specifier.type !== "ImportSpecifier" || specifier.imported.type !== "Identifier") continue;
        words.add(specifier.imported.name);
        if (/^(node:)?process$/.test(source.value)) words.add(`process.${specifier.imported.name}`);
      }
    },
    ExportNamedDeclaration({ source, exportKind }) {
      if (source) imports.push({ target: source.value, how: exportKind === "type" ? "type" : "import" });
    },
    ExportAllDeclaration({ source, exportKind }) {
      imports.push({ target: source.value, how: exportKind === "type" ? "type" : "import" });
    },
    ImportExpression({ source }) {
      if (source.type === "Literal" && typeof source.value === "string") {
        imports.push({ target: source.value, how: "lazy" });
      }
    },
    TSImportType({ source }) {
      imports.push({ target: source.value, how: "type" });
    },
    Identifier({ name }) {
      words.add(name);
    },
    MemberExpression({ object, property, computed }) {
      if (object.type === "Identifier" && property.type === "Identifier" && !computed) {
        words.add(`${object.name}.${property.name}`);
      }
    },
    VariableDeclarator({ id, init }) {
      if (init?.type !== "Identifier" || id.type !== "ObjectPattern") return;
      for (const part of id.properties) {
        if (part.type === "Property" && part.key.type === "Identifier") {
          words.add(`${init.name}.${part.key.name}`);
        }
      }
    },
  }).visit(program);
  return { imports, words };
}

/** Each cycle once, as the path that closes it. Types count: two files that need each other are one idea. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const trail: string[] = [];

  function walk(path: string): void {
    const start = trail.indexOf(path);
    if (start !== -1) found.push(`cycle: ${[...trail.slice(start), path].join(" → ")}`);
    if (start !== -1 || done.has(path)) return;
    trail.push(path);
    for (const target of graph.get(path) ?? []) walk(target);
    trail.pop();
    done.add(path);
  }
  for (const path of graph.keys()) walk(path);
  return found;
}

function readSources(root: string): Map<string, string> {
  const sources = new Map<string, string>();
  for (const folder of folders) {
    for (const entry of list(join(root, folder))) {
      if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue;
      const path = join(entry.parentPath, entry.name);
      sources.set(relative(root, path).split(sep).join("/"), readFileSync(path, "utf8"));
    }
  }
  return sources;
}

function list(folder: string) {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

if (import.meta.main) {
  const root = process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url)));
  const sources = readSources(root);
  const broken = violations(sources);
  for (const sentence of broken) console.error(sentence);
  console.error(`${sources.size} files, ${broken.length} broken rules`);
  process.exitCode = broken.length === 0 ? 0 : 1;
}
