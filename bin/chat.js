#!/usr/bin/env node
// The launcher. It has to parse on every Node there is, so that an old one gets a sentence instead of a
// syntax error: no top-level import, nothing newer than dynamic import().
var needed = [22, 12];
var found = process.versions.node.split(".").map(Number);

if (found[0] > needed[0] || (found[0] === needed[0] && found[1] >= needed[1])) {
  start();
} else {
  process.stderr.write(
    "Sotto needs Node " +
      needed.join(".") +
      " or newer and this is Node " +
      process.versions.node +
      ": install a newer one from https://nodejs.org, or inside the checkout run `npx chat`," +
      " which uses the Node that `npm install` put there.\n",
  );
  process.exitCode = 78;
}

function start() {
  import("node:module")
    .then((nodeModule) => {
      nodeModule.enableCompileCache();
      return import("../dist/main.js");
    })
    .catch((error) => {
      process.stderr.write(explain(error) + "\n");
      process.exitCode = 70;
    });
}

function explain(error) {
  if (error && error.code === "ERR_MODULE_NOT_FOUND" && String(error.message).indexOf("dist") !== -1) {
    return "Sotto is not built yet: run `npm install` or `npm run build` in its folder.";
  }
  return String((error && error.stack) || error);
}
