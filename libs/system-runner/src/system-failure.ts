/**
 * A failure that the user of a command can resolve: what happened, and what to do. Any other error is a bug.
 */
export class SystemFailure extends Error {
  override readonly name: string = 'SystemFailure';
  /** What to do: a sentence. */
  readonly remedy: string;
  /** The log with the details. Its directory is kept. */
  readonly logFile: string | undefined;

  /**
   * @param message what happened: a sentence without a full stop
   * @param remedy what to do: a sentence with a full stop
   * @param logFile the log with the details
   */
  constructor(message: string, remedy: string, logFile?: string) {
    super(message);
    this.remedy = remedy;
    this.logFile = logFile;
  }
}

/** The services could not be compiled. The compiler's output, which is in the log, is shown unchanged. */
export class BuildFailure extends SystemFailure {
  override readonly name = 'BuildFailure';
  override readonly logFile: string;

  /** @param logFile the compiler's output */
  constructor(logFile: string) {
    super('The services could not be compiled', 'Fix the errors above; run `npm ci` if packages are missing.', logFile);
    this.logFile = logFile;
  }
}
