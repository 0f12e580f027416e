/** What a log's rows looked like to one device. */
export interface SequenceFaults {
  /** Rows that came again. */
  doubled: number;
  /** Rows that came with one before them missing, and were not to be had by a pull either. */
  lost: number;
  /** Rows whose bytes are not those that were stored under this number. */
  swapped: number;
  /** Rows without the device's own wrap. */
  unsealed: number;
}

/** What to do with a row: it is new; it was there; or something before it is missing, so that a pull is due. */
type Verdict = "next" | "again" | "gap";

/** One log as one device has it: every number once, and one after the other. */
export class Sequence {
  /** The newest that came with all before it. */
  last = 0;
  /** The newest that the relay has named. */
  head = 0;
  pulling = false;
  /** Up to here a row has come by a pull, and may be pushed too: the two ways meet. */
  #pulledThrough = 0;
  readonly #faults: SequenceFaults;

  constructor(faults: SequenceFaults) {
    this.#faults = faults;
  }

  take(sequence: number): Verdict {
    if (sequence > this.head) this.head = sequence;
    if (sequence === this.last + 1) {
      this.last = sequence;
      return "next";
    }
    if (sequence > this.last) return "gap";
    if (!this.pulling && sequence > this.#pulledThrough) this.#faults.doubled += 1;
    return "again";
  }

  /** The end of a page. True: there is more. */
  pulled(through: number, head: number): boolean {
    if (through > this.last) {
      this.#faults.lost += through - this.last;
      this.last = through;
    }
    if (head > this.head) this.head = head;
    this.pulling = false;
    this.#pulledThrough = through;
    return this.last < this.head;
  }
}
