/** A sorted copy's value at this part, 0 to 1: the smallest that at least this part does not exceed. */
export function percentile(values: ArrayLike<number>, part: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const place = Math.ceil(part * sorted.length) - 1;
  return sorted[Math.min(Math.max(place, 0), sorted.length - 1)] ?? Number.NaN;
}

export function median(values: ArrayLike<number>): number {
  return percentile(values, 0.5);
}

/** Keeps so many of a longer row of values, each with the same chance. */
export class Sample {
  readonly #kept: Float64Array;
  readonly #random: () => number;
  #seen = 0;

  constructor(size: number, random: () => number = Math.random) {
    this.#kept = new Float64Array(size);
    this.#random = random;
  }

  add(value: number): void {
    const size = this.#kept.length;
    const place = this.#seen < size ? this.#seen : Math.floor(this.#random() * (this.#seen + 1));
    if (place < size) this.#kept[place] = value;
    this.#seen += 1;
  }

  get seen(): number {
    return this.#seen;
  }

  values(): Float64Array {
    return this.#kept.slice(0, Math.min(this.#seen, this.#kept.length));
  }

  clear(): void {
    this.#seen = 0;
  }
}
