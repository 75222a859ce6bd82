import type { Exchange, Fault, Random, Struck } from './fault.ts';
import type { RateSetting } from './faults.schema.ts';

/** How an answer is spoiled, in turn. */
const ways: readonly ((answer: unknown) => string)[] = [
  // Cut off, as by a proxy that gave up half way.
  (answer) => {
    const json = JSON.stringify(answer);
    return json.slice(0, Math.ceil(json.length / 2));
  },
  // JSON of another shape, as of another version of this service.
  () => JSON.stringify({ id: null, status: ['ACTIVE'] }),
];

/** Answers that say 200 and cannot be understood. */
export class Malformed implements Fault<RateSetting> {
  #rate = 0;
  #turn = 0;

  constructor(
    private readonly random: Random,
    private readonly struck: Struck,
  ) {}

  get isActive(): boolean {
    return this.#rate > 0;
  }

  set(setting: RateSetting | null): void {
    this.#rate = setting?.rate ?? 0;
  }

  /** The answer as it is, or a text to be sent in its place. */
  spoil<Answer>(exchange: Exchange, answer: Answer): Answer | string {
    const way = ways[this.#turn % ways.length];
    if (!way || this.random() >= this.#rate) return answer;
    this.struck();
    this.#turn++;
    // A text with the type of JSON is sent as it is.
    exchange.header('content-type', 'application/json; charset=utf-8');
    return way(answer);
  }
}
