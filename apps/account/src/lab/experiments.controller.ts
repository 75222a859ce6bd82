import { Answers, Operation, ProblemException, Problems, RequestSignal } from '@breakwater/service-kit';
import { experiments, type LookupEvent } from '@breakwater/contracts/experiments';
import type { Clock, Policy, PolicyRegistry } from '@breakwater/resilience';
import { InjectRegistry } from '@breakwater/resilience/nest';
import { Body, Controller, Get, HttpCode, Inject, Post, StreamableFile } from '@nestjs/common';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { CustomerClient } from '../customer/customer.client.ts';
import {
  customerLookupsDto,
  lookUpRepeatedly,
  toPlainConfig,
  type CustomerLookupsDto,
  type LookupParts,
} from './customer-lookups.ts';
import { labKinds } from './lab.problems.ts';

/** The token of `ExperimentOptions`. */
export const EXPERIMENT_OPTIONS = Symbol('EXPERIMENT_OPTIONS');

export interface ExperimentOptions {
  /** The name of this replica. */
  readonly instance: string;
  /** Chooses a replica of customer for each call. */
  readonly endpoints: Policy;
  /** The clock of the circuit breakers. */
  readonly clock: Clock;
}

/** The circuit breakers; their metrics and options are those of Resilience4j. */
const breakersSchema = z.array(
  z.object({
    name: z.string(),
    state: z.string(),
    metrics: z.record(z.string(), z.unknown()),
    config: z.record(z.string(), z.unknown()),
  }),
);

/** The experiments of the demo: real calls to the real customer service, through circuit breakers that no other call uses. */
@Controller('experiments')
export class ExperimentsController {
  constructor(
    @InjectRegistry('circuitBreaker') private readonly circuitBreakers: PolicyRegistry<'circuitBreaker'>,
    @InjectRegistry('timeLimiter') private readonly timeLimiters: PolicyRegistry<'timeLimiter'>,
    private readonly client: CustomerClient,
    @Inject(EXPERIMENT_OPTIONS) private readonly options: ExperimentOptions,
  ) {}

  @Get('breakers')
  @Operation('listCircuitBreakers', 'Lists the circuit breakers of the experiments')
  @Answers(200, breakersSchema, 'The circuit breakers')
  breakers() {
    return this.names().map((name) => {
      const { state, metrics, config } = this.circuitBreakers.getOrCreate(name);
      return { name, state, metrics: { ...metrics }, config: toPlainConfig(config) };
    });
  }

  /** One line of JSON per call, as it ends. */
  @Post('customer-lookups')
  @HttpCode(200)
  @Operation('lookUpCustomers', 'Looks a customer up repeatedly through a circuit breaker')
  @Answers(200, z.string(), 'One line of JSON per call, as it ends', { contentType: 'application/x-ndjson' })
  @Problems(labKinds['circuit-breaker-not-found'])
  lookUp(
    @Body({ schema: customerLookupsDto }) dto: CustomerLookupsDto,
    @RequestSignal('disconnect') signal: AbortSignal,
  ): StreamableFile {
    const circuitBreaker = this.findCircuitBreaker(dto.breaker);
    const timeLimiter = this.timeLimiters.getOrCreate('experiment');
    const parts = { ...this.options, client: this.client, circuitBreaker, timeLimiter };
    const events = lookUpRepeatedly(parts, dto, signal);
    return new StreamableFile(Readable.from(toLines(events)), { type: 'application/x-ndjson' });
  }

  /**
   * The names of the experiments' own circuit breakers. The others protect calls of clients: without a token, only these may be
   * reset or opened.
   */
  private names(): readonly string[] {
    const configured = this.circuitBreakers.names();
    return experiments.map(({ name }) => name).filter((name) => configured.includes(name));
  }

  private findCircuitBreaker(name: string): LookupParts['circuitBreaker'] {
    const known = this.names();
    if (known.includes(name)) return this.circuitBreakers.getOrCreate(name);
    throw new ProblemException({
      ...labKinds['circuit-breaker-not-found'],
      detail: `No experiment has the circuit breaker ${name}. There are ${known.join(', ')}.`,
      extensions: { known },
    });
  }
}

async function* toLines(events: AsyncIterable<LookupEvent>): AsyncGenerator<string> {
  for await (const event of events) yield `${JSON.stringify(event)}\n`;
}
