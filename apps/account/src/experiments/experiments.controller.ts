import { problemType, ProblemException, RequestSignal } from '@breakwater/chassis';
import { CircuitBreakerRegistry, TimeLimiterRegistry } from '@breakwater/resilience';
import { Body, Controller, Get, HttpCode, Inject, Post, StreamableFile } from '@nestjs/common';
import { Readable } from 'node:stream';
import { CustomerClient } from '../customer/customer.client.ts';
import { customerLookupsDto, type CustomerLookupsDto } from './customer-lookups.dto.ts';
import { lookUpRepeatedly, type Laboratory, type LookupEvent } from './customer-lookups.ts';
import { EXPERIMENT_OPTIONS, type ExperimentOptions } from './experiment-options.ts';
import { toPlainConfig } from './plain-config.ts';

/** The demo's experiments: real calls to the real customer service, through any circuit breaker. */
@Controller('experiments')
export class ExperimentsController {
  constructor(
    private readonly registry: CircuitBreakerRegistry,
    private readonly timeLimiters: TimeLimiterRegistry,
    private readonly client: CustomerClient,
    @Inject(EXPERIMENT_OPTIONS) private readonly options: ExperimentOptions,
  ) {}

  @Get('breakers')
  breakers() {
    return this.registry.names().map((name) => {
      const { state, metrics, config } = this.registry.circuitBreaker(name);
      return { name, state, metrics: { ...metrics }, config: toPlainConfig(config) };
    });
  }

  /** A line of JSON as each call ends. */
  @Post('customer-lookups')
  @HttpCode(200)
  lookUp(
    @Body({ schema: customerLookupsDto }) dto: CustomerLookupsDto,
    @RequestSignal() signal: AbortSignal,
  ): StreamableFile {
    const { instance, clock } = this.options;
    const circuitBreaker = this.findCircuitBreaker(dto.breaker);
    const timeLimiter = this.timeLimiters.timeLimiter('experiment');
    const laboratory = { instance, client: this.client, circuitBreaker, timeLimiter, clock };
    const events = lookUpRepeatedly(laboratory, dto, signal);
    return new StreamableFile(Readable.from(toLines(events)), { type: 'application/x-ndjson' });
  }

  private findCircuitBreaker(name: string): Laboratory['circuitBreaker'] {
    const known = this.registry.names();
    if (known.includes(name)) return this.registry.circuitBreaker(name);
    throw new ProblemException({
      type: problemType('circuit-breaker-not-found'),
      title: 'Circuit breaker not found',
      status: 404,
      detail: `There is no circuit breaker ${name}. There are ${known.join(', ')}.`,
      extensions: { known },
    });
  }
}

async function* toLines(events: AsyncIterable<LookupEvent>): AsyncGenerator<string> {
  for await (const event of events) yield `${JSON.stringify(event)}\n`;
}
