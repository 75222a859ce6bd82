/** Somebody wants this program to end. */
export class Interruption extends Error {
  /** What a shell reports for a program that the signal ended. */
  readonly exitCode: number;

  constructor(signal: InterruptingSignal) {
    super(`interrupted by ${signal}`);
    this.name = 'Interruption';
    this.exitCode = exitCodes[signal];
  }
}

/** The signals that ask a program to end, with what a shell reports for it then: 128 and the signal's number. */
const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

type InterruptingSignal = keyof typeof exitCodes;

/**
 * Signals so close together are one wish: Ctrl-C in a terminal reaches this program and npm, and npm passes on to this
 * program what it received.
 */
const oneWishMs = 500;

/** Turns signals into the abortion of what is going on, and impatience into haste. */
export class InterruptionWatch {
  readonly #controller = new AbortController();
  readonly #now: () => number;
  #lastAtMs = -Infinity;
  #wishes = 0;

  /** Called at the second wish: end quickly. */
  onImpatience: () => void = () => {};
  /** Called at the third: end now. */
  onDespair: (exitCode: number) => void = (exitCode) => process.exit(exitCode);

  /** @param now a monotonic clock in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Aborts with an {@link Interruption} as its reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Starts to listen. */
  listen(): void {
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => this.receive(signal));
    // Whoever read our output has gone (`npm run demo | head`): nobody is left to show anything to.
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('error', () => {
        if (!this.signal.aborted) this.receive('SIGHUP');
      });
    }
  }

  /** A signal has come. */
  receive(signal: InterruptingSignal): void {
    const now = this.#now();
    const sameWish = now - this.#lastAtMs < oneWishMs;
    this.#lastAtMs = now;
    if (sameWish) return;
    this.#wishes += 1;
    if (this.#wishes === 1) this.#controller.abort(new Interruption(signal));
    else if (this.#wishes === 2) this.onImpatience();
    else this.onDespair(exitCodes[signal]);
  }
}
