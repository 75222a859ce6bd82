/** The base class of all errors that this library throws. Each class has a literal `code`, which does not change. */
export abstract class ResilienceError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * A policy refused the call. The dependency was not called. A circuit breaker does not count it as a failure of the
 * dependency, and a retry does not repeat it.
 */
export abstract class RejectedError extends ResilienceError {
  /** How long to wait before a new attempt, in milliseconds; `undefined` when unknown. */
  abstract readonly retryAfterMs: number | undefined;
}

/**
 * Whether a policy, not the dependency, ended the call: it refused the call, or a circuit breaker aborted it when it opened.
 * A further attempt would only be refused.
 */
export function isRefusal(error: unknown): boolean {
  return error instanceof RejectedError || (error instanceof ResilienceError && error.code === 'CALL_ABORTED_ON_OPEN');
}

/** A fault of an option. */
export interface OptionFault {
  /** The name of the option, or a path such as `instances.customer.slidingWindowSize`. */
  readonly option: string;
  /** The given value, as text. */
  readonly given: string;
  /** The accepted values, as text. */
  readonly allowed: string;
}

/** Options are invalid. The error lists every fault at once; nothing was created or changed. */
export class InvalidOptionsError extends ResilienceError {
  readonly code = 'INVALID_OPTIONS';
  readonly subject: string;
  readonly faults: readonly OptionFault[];

  /**
   * @param subject what the options belong to, e.g. `CircuitBreaker 'customer'`
   * @param faults at least one
   */
  constructor(subject: string, faults: readonly OptionFault[]) {
    const count = faults.length === 1 ? 'an invalid option' : `${faults.length} invalid options`;
    const lines = faults.map(({ option, given, allowed }) => `  - ${option} is ${given}; allowed: ${allowed}`);
    super(`${subject} has ${count}:\n${lines.join('\n')}`);
    this.subject = subject;
    this.faults = faults;
  }
}

/** There is no configuration with the requested name. */
export class ConfigurationNotFoundError extends ResilienceError {
  readonly code = 'CONFIGURATION_NOT_FOUND';
  readonly configurationName: string;

  constructor(configurationName: string, known: readonly string[]) {
    const list = known.length === 0 ? 'none' : known.map((name) => `'${name}'`).join(', ');
    super(`There is no configuration named '${configurationName}'. Registered configurations: ${list}.`);
    this.configurationName = configurationName;
  }
}

/** A name was defined twice with different options, so that it is unclear which of them apply. */
export class ConflictingDefinitionError extends ResilienceError {
  readonly code = 'CONFLICTING_DEFINITION';
  readonly subject: string;
  /** The options that differ. */
  readonly options: readonly string[];

  constructor(subject: string, options: readonly string[]) {
    super(
      `${subject} exists already with other options (${options.join(', ')}). ` +
        'Define a name in one place, or request it without options.',
    );
    this.subject = subject;
    this.options = options;
  }
}

/** The most causes that are followed, because a chain of causes may be circular. */
const maxCauses = 10;

/** An error, its cause, the cause of that, and so on. */
export function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  let current = error;
  while (causes.length < maxCauses && current !== undefined && current !== null) {
    causes.push(current);
    current = propertyOf(current, 'cause');
  }
  return causes;
}

/** A property of something that was thrown or returned; `undefined` if it has none, or if reading it throws. */
export function propertyOf(outcome: unknown, name: string): unknown {
  try {
    return typeof outcome === 'object' && outcome !== null
      ? (outcome as Readonly<Record<string, unknown>>)[name]
      : undefined;
  } catch {
    return undefined;
  }
}

/** The text of something that was thrown. Anything can be thrown, also an object whose conversion to text throws. */
export function textOf(thrown: unknown): string {
  for (const convert of [String, (value: unknown) => Object.prototype.toString.call(value)]) {
    try {
      return convert(thrown);
    } catch {
      // The next conversion calls no code of the object, unless it is a proxy.
    }
  }
  return 'a value without a text';
}
