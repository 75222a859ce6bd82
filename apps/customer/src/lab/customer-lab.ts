import { scaledClock } from '@breakwater/resilience';
import { readConfig, type Environment } from '@breakwater/service-kit';
import { labVariables } from '@breakwater/service-kit/lab';
import type { DynamicModule } from '@nestjs/common';
import type { z } from 'zod';
import { customerVariables } from '../app.config.ts';
import { AppModule } from '../app.module.ts';

const variables = customerVariables.safeExtend(labVariables);

export type CustomerLabConfig = z.output<typeof variables>;

/** @throws InvalidConfigError that lists every invalid variable */
export const readCustomerLabConfig = (environment?: Environment): CustomerLabConfig =>
  readConfig(variables, environment);

/** The production module with all faults on a clock that runs `TIME_SCALE` times as fast as real time. */
export const createCustomerLab = (config: CustomerLabConfig): DynamicModule =>
  AppModule.forRoot(config, { clock: scaledClock(config.TIME_SCALE) });
