#!/usr/bin/env node
// The launcher. It parses on every Node since 8, so that an old one gets a sentence instead of a syntax error:
// no import statement, no syntax newer than Node 8's, and import() only inside a string.
const [neededMajor, neededMinor] = [22, 12];
const [major, minor] = process.versions.node.split(".").map(Number);

if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) {
  start();
} else {
  process.stderr.write(
    `Sotto needs Node ${neededMajor}.${neededMinor} or newer and this is Node ${process.versions.node}: ` +
      "install a newer one from https://nodejs.org, or inside the checkout run `npx chat`, " +
      "which uses the Node that `npm install` put there.\n",
  );
  process.exitCode = 78;
}

function start() {
  // biome-ignore lint/security/noGlobalEval: a constant string, see the first lines
  const load = eval("(path) => import(path)");
  load("node:module")
    .then((nodeModule) => {
      nodeModule.enableCompileCache();
      return load("../dist/main.js");
    })
    .catch((error) => {
      process.stderr.write(`${explain(error)}\n`);
      process.exitCode = 70;
    });
}

function explain(error) {
  if (error && error.code === "ERR_MODULE_NOT_FOUND" && /dist[\\/]main\.js' imported/.test(error.message)) {
    return "Sotto is not built yet: run `npm install` or `npm run build` in its folder.";
  }
  return String((error && error.stack) || error);
}
