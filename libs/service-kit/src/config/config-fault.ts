/** The variables of a process, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One variable that cannot be used. */
export interface ConfigFault {
  readonly variable: string;
  /** What was given, or undefined when nothing was. A secret is not repeated. */
  readonly given: string | undefined;
  /** What is allowed, as "must be …". */
  readonly allowed: string;
}
