import { flag, readConfig, type Environment } from '@breakwater/service-kit';
import { labVariables } from '@breakwater/service-kit/lab';
import type { z } from 'zod';
import { accountVariables } from '../app.config.ts';

/** The variables of the lab entry, in addition to those of account. */
export const accountLabVariables = {
  ...labVariables,
  /** Whether the experiments of the demo can be run. Default: false. */
  DEMO_MODE: flag().default(false),
};

const variables = accountVariables
  .safeExtend(accountLabVariables)
  .refine(({ DEMO_MODE, TIME_SCALE }) => DEMO_MODE || !(TIME_SCALE > 1), {
    path: ['TIME_SCALE'],
    error: 'must be 1 unless DEMO_MODE is true: circuit breakers outside of the demo run in real time',
    // zod would check this only when nothing else is invalid, and would not list every invalid variable.
    when: () => true,
  });

export type AccountLabConfig = z.output<typeof variables>;

/** @throws InvalidConfigError that lists every invalid variable */
export const readAccountLabConfig = (environment?: Environment): AccountLabConfig => readConfig(variables, environment);
