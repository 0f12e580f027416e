import { callIsOver } from "../errors.ts";
import { isUnavailable } from "./pool.ts";

export interface AskedSetup<Question, Answer> {
  /** Answers of the database, in the order of the questions. */
  readonly answer: (questions: readonly Question[]) => Promise<readonly Answer[]>;
  /** Questions of one statement. */
  readonly most: number;
  /** Statements under way. */
  readonly atOnce: number;
}

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly isOver: (() => boolean) | undefined;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * What many ask of the database for themselves alone, in few statements: what comes while as many as may be are under way
 * waits here, in order, and goes with the next. So thousands who come at once wait in memory, and not for connections
 * until those who wait for them give up. Who asks alone is asked for at once. No answer is older than its question.
 */
export class Asked<Question, Answer> {
  readonly #setup: AskedSetup<Question, Answer>;
  #waiting: Waiting<Question, Answer>[] = [];
  #underWay = 0;

  constructor(setup: AskedSetup<Question, Answer>) {
    this.#setup = setup;
  }

  /** `isOver`: nobody wants the answer any more. What still waits is not asked for then, and rejects. */
  ask(question: Question, isOver?: () => boolean): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, isOver, resolve, reject });
      if (this.#underWay < this.#setup.atOnce) void this.#askOnce();
    });
  }

  async #askOnce(): Promise<void> {
    this.#underWay += 1;
    for (let batch = this.#next(); batch.length > 0; batch = this.#next()) {
      try {
        const answers = await this.#setup.answer(batch.map(({ question }) => question));
        for (const [at, { resolve }] of batch.entries()) resolve(answers[at] as Answer);
      } catch (error) {
        for (const { reject } of batch) reject(error);
        // Those behind them would wait as long to hear the same.
        if (isUnavailable(error)) for (const { reject } of this.#waiting.splice(0)) reject(error);
      }
    }
    this.#underWay -= 1;
  }

  #next(): Waiting<Question, Answer>[] {
    const batch: Waiting<Question, Answer>[] = [];
    let at = 0;
    for (; at < this.#waiting.length && batch.length < this.#setup.most; at += 1) {
      const waiting = this.#waiting[at];
      if (waiting === undefined) continue;
      if (waiting.isOver?.() === true) waiting.reject(callIsOver());
      else batch.push(waiting);
    }
    this.#waiting.splice(0, at);
    return batch;
  }
}
