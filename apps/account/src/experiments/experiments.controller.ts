import type { PolicyRegistry } from '@breakwater/resilience';
import { InjectRegistry } from '@breakwater/resilience/nest';
import { Answers, Operation, ProblemException, Problems } from '@breakwater/service-kit';
import { Body, Controller, Get, HttpCode, Inject, Post, Res, StreamableFile } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { CustomerClient } from '../customer/customer.client.ts';
import { accountKinds } from '../problems/account-problems.ts';
import { customerLookupsDto, type CustomerLookupsDto } from './customer-lookups.dto.ts';
import { lookUpRepeatedly, type Laboratory, type LookupEvent } from './customer-lookups.ts';
import { EXPERIMENT_OPTIONS, type ExperimentOptions } from './experiment-options.ts';
import { toPlainConfig } from './plain-config.ts';

/** What each of the circuit breakers is like; their metrics and options are Resilience4j's. */
const breakersSchema = z.array(
  z.object({
    name: z.string(),
    state: z.string(),
    metrics: z.record(z.string(), z.unknown()),
    config: z.record(z.string(), z.unknown()),
  }),
);

/** The demo's experiments: real calls to the real customer service, through any circuit breaker. */
@Controller('experiments')
export class ExperimentsController {
  constructor(
    @InjectRegistry('circuitBreaker') private readonly registry: PolicyRegistry<'circuitBreaker'>,
    @InjectRegistry('timeLimiter') private readonly timeLimiters: PolicyRegistry<'timeLimiter'>,
    private readonly client: CustomerClient,
    @Inject(EXPERIMENT_OPTIONS) private readonly options: ExperimentOptions,
  ) {}

  @Get('breakers')
  @Operation('listCircuitBreakers', 'Lists the circuit breakers of the experiments')
  @Answers(200, breakersSchema, 'The circuit breakers')
  breakers() {
    return this.registry.names().map((name) => {
      const { state, metrics, config } = this.registry.getOrCreate(name);
      return { name, state, metrics: { ...metrics }, config: toPlainConfig(config) };
    });
  }

  /** A line of JSON as each call ends. */
  @Post('customer-lookups')
  @HttpCode(200)
  @Operation('lookUpCustomers', 'Looks a customer up repeatedly through a circuit breaker')
  @Answers(200, z.string(), 'A line of JSON as each call ends', { contentType: 'application/x-ndjson' })
  @Problems(accountKinds['circuit-breaker-not-found'])
  lookUp(
    @Body({ schema: customerLookupsDto }) dto: CustomerLookupsDto,
    @Res({ passthrough: true }) response: { readonly raw: ServerResponse },
  ): StreamableFile {
    const { instance, clock } = this.options;
    const circuitBreaker = this.findCircuitBreaker(dto.breaker);
    const timeLimiter = this.timeLimiters.getOrCreate('experiment');
    const laboratory = { instance, client: this.client, circuitBreaker, timeLimiter, clock };
    // Without the deadline of the request: a series of slow lookups takes longer.
    const disconnected = new AbortController();
    response.raw.once('close', () => disconnected.abort());
    const events = lookUpRepeatedly(laboratory, dto, disconnected.signal);
    return new StreamableFile(Readable.from(toLines(events)), { type: 'application/x-ndjson' });
  }

  private findCircuitBreaker(name: string): Laboratory['circuitBreaker'] {
    const known = this.registry.names();
    if (known.includes(name)) return this.registry.getOrCreate(name);
    throw new ProblemException({
      ...accountKinds['circuit-breaker-not-found'],
      detail: `There is no circuit breaker ${name}. There are ${known.join(', ')}.`,
      extensions: { known },
    });
  }
}

async function* toLines(events: AsyncIterable<LookupEvent>): AsyncGenerator<string> {
  for await (const event of events) yield `${JSON.stringify(event)}\n`;
}
