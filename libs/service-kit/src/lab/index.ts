import { decimal } from '../config/variables.ts';

/**
 * What a lab entry (`src/lab/main.ts`) reads next to the variables of its service. It is the production module on a scaled
 * clock, for demonstrations and for tests that shorten time; a production entry never reads these.
 */
export const labVariables = {
  /** How many times faster than real time the service's clock runs. Default: 1. */
  TIME_SCALE: decimal({ min: 1 }).default(1),
};
