declare const SOTTO_VERSION: string | undefined;

if (process.argv.includes("--version")) {
  process.stdout.write(`${typeof SOTTO_VERSION === "string" ? SOTTO_VERSION : "source"}\n`);
} else {
  process.stderr.write("Nothing here yet but --version.\n");
  process.exitCode = 64;
}
