// An esbuild plugin: spares every start of `chat` what these packages do and Sotto never needs. Each replacement must be
// found, so that a new version of a package that no longer fits stops the build instead of being slow or wrong unseen.
import { readFile } from "node:fs/promises";

const shims = {
  // As an ES import it runs the getters of all that `process` has, and so makes a stream of standard input.
  "node:process": "export default globalThis.process;",
  // For commands that are programs of their own, which we have none of.
  "node:child_process": "export default {};",
};

const replacements = [
  {
    // A diagnostic report takes 5 ms and is made only to tell musl from glibc; glibc systems mostly have no musl at all.
    // The binary stays in the package's folder, its JavaScript comes into the bundle.
    file: /[\\/]better-sqlite3[\\/]lib[\\/]binding\.js$/,
    replace: [
      [
        "return process.platform === 'linux' && !process.report",
        "return process.platform === 'linux' && fs.existsSync('/lib') && fs.readdirSync('/lib').some((name) => name.startsWith('ld-musl-')) && !process.report",
      ],
      [
        "__dirname, '..', 'prebuilds'",
        "path.dirname(require.resolve('better-sqlite3/package.json')), 'prebuilds'",
      ],
      [
        "__dirname, '..', 'build', 'Debug'",
        "path.dirname(require.resolve('better-sqlite3/package.json')), 'build', 'Debug'",
      ],
      [
        "__dirname, '..', 'build', 'Release'",
        "path.dirname(require.resolve('better-sqlite3/package.json')), 'build', 'Release'",
      ],
      ["if (require.main === module) {", "if (false) {"],
    ],
  },
  {
    // Compiling Node's regular expression for IPv6 takes 4 ms; net.isIP looks for IPv4 first.
    file: /[\\/]grpc-js[\\/]build[\\/]src[\\/](load-balancer-pick-first|subchannel-address)\.js$/,
    replace: [[/\(0, net_1\.isIPv6\)\(([\w.[\]]+)\)/g, "((0, net_1.isIP)($1) === 6)"]],
  },
];

export const lighter = {
  name: "lighter",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:(process|child_process)$/ }, ({ path, importer }) =>
      /[\\/]node_modules[\\/]commander[\\/]/.test(importer) ? { path, namespace: "lighter" } : undefined,
    );
    onLoad({ filter: /^/, namespace: "lighter" }, ({ path }) => ({ contents: shims[path] }));
    for (const { file, replace } of replacements) {
      onLoad({ filter: file }, async ({ path }) => {
        let contents = await readFile(path, "utf8");
        for (const [what, by] of replace) {
          const changed = contents.replace(what, by);
          if (changed === contents) throw new Error(`${path} has no ${what} any more`);
          contents = changed;
        }
        return { contents, loader: "js" };
      });
    }
  },
};
