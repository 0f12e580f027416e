// Loaded before `chat` by tests: says which process it is, and does on SIGURG what TEST_ON_SIGNAL says.
import { writeFileSync } from "node:fs";

const file = process.env["TEST_PID_FILE"];
if (file !== undefined && process.argv[1]?.endsWith("chat.js")) {
  writeFileSync(file, String(process.pid));
  process.on("SIGURG", () => {
    switch (process.env["TEST_ON_SIGNAL"]) {
      case "an exception":
        throw new Error("an exception of the test");
      case "a rejection":
        Promise.reject(new Error("a rejection of the test"));
        break;
      case "a warning":
        process.emitWarning("a warning of the test");
        break;
    }
  });
}
