// Counts that cost nothing to keep: plain numbers that are made into text when somebody asks. What prom-client has of its
// own looks labels up by a string that it builds on every call, which takes half a microsecond; these take some
// nanoseconds.
import type { Metric, Registry } from "prom-client";

type Labels = Readonly<Record<string, string>>;

interface Value {
  readonly value: number;
  readonly labels: Labels;
  readonly metricName?: string;
}

export interface Description {
  readonly name: string;
  /** What it is, and what to do with it. */
  readonly help: string;
}

/** More than a family of ours ever has: a label that has no bounds must not fill the memory. */
const MAX_MEMBERS = 400;
const OTHER = "other";

/** One thing that is counted, for each value of its labels. */
export class Family<Member> {
  readonly #labels: readonly string[];
  readonly #make: () => Member;
  readonly #members = new Map<string, { readonly labels: Labels; readonly member: Member }>();

  constructor(labels: readonly string[], make: () => Member) {
    this.#labels = labels;
    this.#make = make;
  }

  /** Keep what it gives where it is needed often. One value for each label; none of them may name anybody. */
  of(...values: readonly string[]): Member {
    const key = values.join("\n");
    const found = this.#members.get(key);
    if (found !== undefined) return found.member;
    if (this.#members.size >= MAX_MEMBERS && values.some((value) => value !== OTHER)) {
      return this.of(...values.map(() => OTHER));
    }
    const labels = Object.fromEntries(this.#labels.map((label, index) => [label, values[index] ?? ""]));
    const member = this.#make();
    this.#members.set(key, { labels, member });
    return member;
  }

  /** With a count of 0 from the start: a rise from nothing is none to Prometheus. */
  beginWith(values: readonly string[]): this {
    for (const value of values) this.of(value);
    return this;
  }

  values(read: (member: Member, labels: Labels) => readonly Value[]): Value[] {
    return [...this.#members.values()].flatMap(({ labels, member }) => read(member, labels));
  }
}

/** How often something happened. */
export class Counter {
  count = 0;

  add(more = 1): void {
    this.count += more;
  }
}

/** How something is now: what all who were named as its sources say together, at the moment of the question. */
export class Gauge {
  readonly #sources = new Set<() => number>();

  /** Returns what takes the source away. */
  from(read: () => number): () => void {
    this.#sources.add(read);
    return () => this.#sources.delete(read);
  }

  /** In place of all its sources. */
  set(value: number): void {
    this.#sources.clear();
    this.#sources.add(() => value);
  }

  /** Undefined where nobody says anything. */
  get value(): number | undefined {
    if (this.#sources.size === 0) return undefined;
    let sum = 0;
    for (const read of this.#sources) sum += read();
    return sum;
  }
}

/** How large something was, counted by bounds. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let place = 0;
    while (place < this.#bounds.length && value > (this.#bounds[place] as number)) place += 1;
    this.#counts[place] = (this.#counts[place] as number) + 1;
    this.#sum += value;
  }

  /** Seconds since `began`, by `performance.now()`. */
  since(began: number): void {
    this.observe((performance.now() - began) / 1_000);
  }

  values(name: string, labels: Labels): Value[] {
    let count = 0;
    const buckets = [...this.#counts].map((inside, place) => {
      count += inside;
      const le = place < this.#bounds.length ? String(this.#bounds[place]) : "+Inf";
      return { value: count, labels: { ...labels, le }, metricName: `${name}_bucket` };
    });
    return [
      ...buckets,
      { value: this.#sum, labels, metricName: `${name}_sum` },
      { value: count, labels, metricName: `${name}_count` },
    ];
  }
}

/** Makes counts, and has the registry read them. */
export class Counts {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  counter(description: Description): Counter {
    return this.counters(description, []).of();
  }

  counters(description: Description, labels: readonly string[]): Family<Counter> {
    const family = new Family(labels, () => new Counter());
    this.#register(description, "counter", () =>
      family.values(({ count }, own) => [{ value: count, labels: own }]),
    );
    return family;
  }

  gauge(description: Description): Gauge {
    return this.gauges(description, []).of();
  }

  gauges(description: Description, labels: readonly string[]): Family<Gauge> {
    const family = new Family(labels, () => new Gauge());
    this.#register(description, "gauge", () =>
      family.values(({ value }, own) => (value === undefined ? [] : [{ value, labels: own }])),
    );
    return family;
  }

  histogram(description: Description, bounds: readonly number[]): Histogram {
    return this.histograms(description, [], bounds).of();
  }

  histograms(
    description: Description,
    labels: readonly string[],
    bounds: readonly number[],
  ): Family<Histogram> {
    const family = new Family(labels, () => new Histogram(bounds));
    this.#register(description, "histogram", () =>
      family.values((histogram, own) => histogram.values(description.name, own)),
    );
    return family;
  }

  #register({ name, help }: Description, type: string, values: () => Value[]): void {
    const metric = {
      name,
      help,
      type,
      aggregator: "sum",
      get: async () => ({ name, help, type, values: values() }),
    };
    // The registry calls nothing but `get`; its types know only the classes of prom-client.
    this.#registry.registerMetric(metric as unknown as Metric);
  }
}
