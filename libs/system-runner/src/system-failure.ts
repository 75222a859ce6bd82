/**
 * Something went wrong that the person at the keyboard can do something about: what happened, and what to do. Anything
 * else that is thrown is a bug in this program.
 */
export class SystemFailure extends Error {
  /** What to do about it: a sentence. */
  readonly remedy: string;
  /** The log that tells more; the directory it lies in is then kept. */
  readonly logFile: string | undefined;

  /**
   * @param happened what happened: a sentence without its full stop
   * @param remedy what to do about it: a sentence with its full stop
   * @param logFile where to read more
   */
  constructor(happened: string, remedy: string, logFile?: string) {
    super(happened);
    this.name = 'SystemFailure';
    this.remedy = remedy;
    this.logFile = logFile;
  }
}
