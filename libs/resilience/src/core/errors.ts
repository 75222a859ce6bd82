/** The root of every error that this library throws. `code` is a literal that programs can rely on. */
export abstract class ResilienceError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * A policy refused the call: the dependency was not asked. A circuit breaker does not count it as a failure of the
 * dependency, and a retry does not repeat it.
 */
export abstract class RejectedError extends ResilienceError {
  /** How long to wait before a new attempt makes sense, in milliseconds; `undefined` when it is not known. */
  abstract readonly retryAfterMs: number | undefined;
}

/** One thing that is wrong with given options. */
export interface OptionFault {
  /** The option's name, or a path such as `instances.customer.slidingWindowSize`. */
  readonly option: string;
  /** What was given, as text. */
  readonly given: string;
  /** What would have been accepted, as text. */
  readonly allowed: string;
}

/** Options were given that cannot be used. It lists every fault at once, and nothing was created or changed. */
export class InvalidOptionsError extends ResilienceError {
  readonly code = 'INVALID_OPTIONS';
  readonly subject: string;
  readonly faults: readonly OptionFault[];

  /**
   * @param subject whose options they are, e.g. `CircuitBreaker 'customer'`
   * @param faults what is wrong; at least one
   */
  constructor(subject: string, faults: readonly OptionFault[]) {
    const count = faults.length === 1 ? 'an invalid option' : `${faults.length} invalid options`;
    const lines = faults.map(({ option, given, allowed }) => `  - ${option} is ${given}; allowed: ${allowed}`);
    super(`${subject} has ${count}:\n${lines.join('\n')}`);
    this.subject = subject;
    this.faults = faults;
  }
}

/** A configuration was asked for by a name that nobody has registered. */
export class ConfigurationNotFoundError extends ResilienceError {
  readonly code = 'CONFIGURATION_NOT_FOUND';
  readonly configurationName: string;

  constructor(configurationName: string, known: readonly string[]) {
    const list = known.length === 0 ? 'none is registered' : `known are ${known.map((name) => `'${name}'`).join(', ')}`;
    super(`There is no configuration named '${configurationName}'; ${list}.`);
    this.configurationName = configurationName;
  }
}

/** A name was defined twice with different options, so that it is not clear which of them hold. */
export class ConflictingDefinitionError extends ResilienceError {
  readonly code = 'CONFLICTING_DEFINITION';
  readonly subject: string;
  /** The options that differ. */
  readonly options: readonly string[];

  constructor(subject: string, options: readonly string[]) {
    super(
      `${subject} exists already with other options (${options.join(', ')}). ` +
        'Define a name in one place, or ask for it without options.',
    );
    this.subject = subject;
    this.options = options;
  }
}
