// Writes keys/vectors/sotto from fixed seeds. A released vector must not change: look at the diff.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { allVectors, vectorText } from "../keys/make-vectors/all-vectors.ts";
import { ready } from "../keys/sodium.ts";

const folder = fileURLToPath(new URL("../keys/vectors/sotto/", import.meta.url));
await ready();
const vectors = allVectors();
mkdirSync(folder, { recursive: true });
for (const file of readdirSync(folder)) rmSync(folder + file);
for (const [name, vector] of vectors) writeFileSync(`${folder}${name}.json`, vectorText(vector));
console.error(`${vectors.size} vectors`);
