import type { Events, PolicyEvent } from '../protocol/messages.ts';

/** What a call that goes well leaves behind: told only where there is room. */
const routine: ReadonlySet<string> = new Set(['SUCCESS', 'CALL_PERMITTED', 'CALL_FINISHED', 'SUCCESSFUL_ACQUIRE']);

/** Collects events, so that a page hears of a hundred calls a second in a few messages, and of what matters always. */
export class EventBatch {
  readonly #most: number;
  #events: PolicyEvent[] = [];
  #omitted = 0;

  /** @param most how many events a batch has at most */
  constructor(most: number) {
    this.#most = most;
  }

  add(event: PolicyEvent): void {
    this.#events.push(event);
    if (this.#events.length <= this.#most) return;
    const dispensable = this.#events.findIndex(({ type }) => routine.has(type));
    this.#events.splice(Math.max(0, dispensable), 1);
    this.#omitted += 1;
  }

  /** What has come since the last time; `undefined` when nothing has. */
  take(): Events | undefined {
    if (this.#events.length === 0) return undefined;
    const events = this.#events;
    const omitted = this.#omitted;
    this.#events = [];
    this.#omitted = 0;
    return { events, omitted };
  }
}
