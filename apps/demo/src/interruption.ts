/** The user or the operating system asked this program to end. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  /** The exit code that a shell reports for the signal. */
  readonly exitCode: number;

  constructor(signal: InterruptingSignal) {
    super(`interrupted by ${signal}`);
    this.exitCode = exitCodes[signal];
  }
}

/** 128 plus the signal's number. */
const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

type InterruptingSignal = keyof typeof exitCodes;

/**
 * Signals within this time count once: Ctrl-C in a terminal reaches this program and npm, and npm forwards it to this
 * program.
 */
const sameRequestMs = 500;

/** Turns the first signal into an abort, the second into a quick stop and the third into an immediate exit. */
export class InterruptionWatch {
  readonly #controller = new AbortController();
  readonly #now: () => number;
  #lastAtMs = -Infinity;
  #requests = 0;

  /** Called at the second request: stop without waiting. */
  onSecondRequest: () => void = () => {};
  /** Called at the third request: exit immediately. */
  onThirdRequest: (exitCode: number) => void = (exitCode) => process.exit(exitCode);

  /** @param now a monotonic clock in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Aborts with an {@link Interruption} as its reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Installs the signal handlers. */
  listen(): void {
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => this.receive(signal));
    // The reader of the output has gone, as in `npm run demo | head`.
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('error', () => {
        if (!this.signal.aborted) this.receive('SIGHUP');
      });
    }
  }

  /** Handles one signal. */
  receive(signal: InterruptingSignal): void {
    const now = this.#now();
    const isSameRequest = now - this.#lastAtMs < sameRequestMs;
    this.#lastAtMs = now;
    if (isSameRequest) return;
    this.#requests += 1;
    if (this.#requests === 1) this.#controller.abort(new Interruption(signal));
    else if (this.#requests === 2) this.onSecondRequest();
    else this.onThirdRequest(exitCodes[signal]);
  }
}
