// Loaded before `chat` by tests: says which process it is, and crashes on request.
import { writeFileSync } from "node:fs";

const file = process.env["TEST_PID_FILE"];
if (file !== undefined && process.argv[1]?.endsWith("chat.js")) {
  writeFileSync(file, String(process.pid));
  process.on("SIGUSR2", () => {
    if (process.env["TEST_CRASH"] === "a rejection") Promise.reject(new Error("a rejection of the test"));
    else throw new Error("a crash of the test");
  });
}
