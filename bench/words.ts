// Texts to measure with: words as frequent as those of a language, the same in every run.
export const VOCABULARY = 50_000;

/** mulberry32. */
let seed = 1;
export function random(): number {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
}
export const below = (limit: number): number => Math.floor(random() * limit);

/** Words of syllables, the frequent ones short, as in languages. */
function makeVocabulary(): string[] {
  const syllables =
    "a e i o u ba be bi bo da de do ka ke ki ko la le li lo ma me mi mo na ne ni no pa pe po ra re ri ro sa se si so ta te ti to va ve wa shi tion ing er th st on an".split(
      " ",
    );
  const made = new Set<string>();
  while (made.size < VOCABULARY) {
    const length = 1 + below(4 * Math.min(1, 0.3 + made.size / 300));
    made.add(Array.from({ length }, () => syllables[below(syllables.length)]).join(""));
  }
  return [...made];
}

const vocabulary = makeVocabulary();
/** Zipf and Mandelbrot: the word at rank r has a share of 1 / (r + 2.7). */
const shares = new Float64Array(VOCABULARY);
let total = 0;
for (let rank = 0; rank < VOCABULARY; rank += 1) {
  total += 1 / (rank + 2.7);
  shares[rank] = total;
}
export function wordAt(rank: number): string {
  return vocabulary[rank] ?? "";
}
export function anyWord(): string {
  const point = random() * total;
  let [low, high] = [0, VOCABULARY - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((shares[middle] ?? 0) < point) low = middle + 1;
    else high = middle;
  }
  return wordAt(low);
}
