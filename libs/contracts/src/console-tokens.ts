/** The tokens with which a page of the console changes the services. */
export interface ConsoleTokens {
  /** For the faults of customer. */
  readonly faults: string;
  /** For the circuit breakers of account. */
  readonly actuator: string;
}

/**
 * Adds tokens to the address of the console, as a fragment: browsers send it to no server, so no log has it. The page removes it
 * from the address.
 */
export function withTokens(consoleUrl: string, { faults, actuator }: ConsoleTokens): string {
  const url = new URL(consoleUrl);
  url.hash = new URLSearchParams({ faults, actuator }).toString();
  return url.href;
}

/** The tokens in the fragment of an address; empty for another fragment. */
export function tokensIn(fragment: string): Partial<ConsoleTokens> {
  const values = new URLSearchParams(fragment.replace(/^#/, ''));
  const faults = values.get('faults');
  const actuator = values.get('actuator');
  return { ...(faults ? { faults } : {}), ...(actuator ? { actuator } : {}) };
}
