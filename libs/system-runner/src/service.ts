import { describeExit, OwnedProcess, type ProcessSpec } from './owned-process.ts';
import { pause } from './pause.ts';
import { quoteLastWords } from './last-words.ts';
import { SystemFailure } from './system-failure.ts';

/** How long a service may take from its start to its first `ready`. */
const readyTimeoutMs = 30_000;
const pollIntervalMs = 100;

/** What to start, and where it says that it is ready. */
export interface ServiceSpec extends ProcessSpec {
  /** Answers 200 when the service takes work. */
  readonly readyUrl: string;
}

/** A process that answers HTTP requests. */
export class Service extends OwnedProcess {
  readonly #readyUrl: string;

  constructor(spec: ServiceSpec) {
    super(spec);
    this.#readyUrl = spec.readyUrl;
  }

  /**
   * Waits until the service takes work.
   *
   * @throws SystemFailure when it ends before, or takes longer than 30 s
   */
  async ready(signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + readyTimeoutMs;
    let lastAnswer = 'no answer';
    for (;;) {
      const exit = this.exit;
      if (exit !== undefined) {
        throw new SystemFailure(
          `${this.name} did not start: ${describeExit(exit)}${quoteLastWords(this.logFile)}`,
          'Its log tells more.',
          this.logFile,
        );
      }
      lastAnswer = await this.#ask(signal);
      if (lastAnswer === '200') return;
      if (performance.now() > deadline) {
        throw new SystemFailure(
          `${this.name} was not ready after ${readyTimeoutMs / 1_000} s: ${this.#readyUrl} said ${lastAnswer}`,
          'Its log tells more.',
          this.logFile,
        );
      }
      await pause(pollIntervalMs, signal);
    }
  }

  async #ask(signal: AbortSignal): Promise<string> {
    try {
      const answer = await fetch(this.#readyUrl, { signal: AbortSignal.any([signal, AbortSignal.timeout(1_000)]) });
      await answer.body?.cancel();
      return String(answer.status);
    } catch {
      signal.throwIfAborted();
      return 'nothing';
    }
  }
}
