import { durationText } from '@breakwater/resilience';
import { duration, ProblemException } from '@breakwater/service-kit';
import { z } from 'zod';
import { defineFault, FaultAtRate, faultKinds, objectLike, rate, rateSetting, wholeNumber } from './fault.ts';
import type { Exchange, Fault, FaultEnvironment, Next } from './fault.ts';

const maxErrors = 20;
/** Rates such as 0.1 and 0.2 do not add up exactly. */
const roundingError = 1e-9;

const injectedError = objectLike('{"status":503,"rate":0.5}', {
  status: wholeNumber(400, 599).describe('The HTTP status of the response.'),
  rate: rate(),
  retryAfter: duration()
    .optional()
    .describe('The value of Retry-After, rounded up to whole seconds; for the statuses 429 and 503.'),
}).superRefine(({ status, retryAfter }, context) => {
  if (retryAfter === undefined || status === 429 || status === 503) return;
  const message = 'must be left out unless status is 429 or 503';
  context.addIssue({ code: 'custom', path: ['retryAfter'], message });
});

type InjectedError = z.output<typeof injectedError>;

/** Responds with problem details instead of the result. */
class InjectedErrors implements Fault<readonly InjectedError[]> {
  #errors: readonly InjectedError[] = [];

  constructor(private readonly environment: FaultEnvironment) {}

  get isActive(): boolean {
    return this.#errors.some(({ rate }) => rate > 0);
  }

  set(setting: readonly InjectedError[] | null): void {
    this.#errors = setting ?? [];
  }

  /** @throws ProblemException at the rates of the errors, when the work is done */
  async apply(exchange: Exchange, next: Next): Promise<unknown> {
    const result = await next(exchange);
    const error = this.#draw();
    if (!error) return result;
    this.environment.count();
    const { status, retryAfter } = error;
    throw new ProblemException({
      ...faultKinds['injected-fault'],
      status,
      detail: 'This error was injected by a fault that is set through /faults.',
      ...(retryAfter === undefined ? {} : { headers: { 'retry-after': this.#inRealSeconds(retryAfter) } }),
    });
  }

  /** One draw for all errors, so that the rate of each is a share of all requests. */
  #draw(): InjectedError | undefined {
    let rest = this.environment.random();
    return this.#errors.find(({ rate }) => {
      if (rest < rate) return true;
      rest -= rate;
      return false;
    });
  }

  #inRealSeconds(ms: number): string {
    return String(Math.ceil(ms / (this.environment.clock.speed ?? 1) / 1_000));
  }
}

export const errors = defineFault({
  name: 'errors',
  description: 'Problem details instead of the result. The rates add up to at most 1.',
  setting: z
    .array(injectedError, { error: 'must be a list such as [{"status":503,"rate":0.5}]' })
    .max(maxErrors, { error: `must be at most ${maxErrors} errors` })
    .superRefine((given, context) => {
      const sum = given.reduce((total, error) => total + error.rate, 0);
      if (sum <= 1 + roundingError) return;
      const message = `must be errors whose rates add up to at most 1, not ${Number(sum.toFixed(6))}`;
      context.addIssue({ code: 'custom', message });
    }),
  show: (setting) =>
    setting.map(({ retryAfter, ...error }) =>
      retryAfter === undefined ? error : { ...error, retryAfter: durationText(retryAfter) },
    ),
  create: (environment) => new InjectedErrors(environment),
});

/** Bodies with status 200 that a client cannot use. */
const malformations: readonly ((result: unknown) => string)[] = [
  // Cut off, as by a proxy that loses its upstream.
  (result) => {
    const json = JSON.stringify(result);
    return json.slice(0, Math.ceil(json.length / 2));
  },
  // JSON of another shape, as of another version of this service.
  () => JSON.stringify({ id: null, status: ['ACTIVE'] }),
];

class Malformed extends FaultAtRate {
  #turn = 0;

  /** Returns a text in place of the result. */
  async apply(exchange: Exchange, next: Next): Promise<unknown> {
    const result = await next(exchange);
    const malform = malformations[this.#turn % malformations.length];
    if (result === undefined || !malform || !this.draw()) return result;
    this.#turn++;
    // Fastify sends a text with the type of JSON as it is.
    exchange.reply.header('content-type', 'application/json; charset=utf-8');
    return malform(result);
  }
}

export const malformed = defineFault({
  name: 'malformed',
  description: 'Responses with status 200 whose JSON is cut off or of another shape, in turn.',
  setting: rateSetting(),
  create: (environment) => new Malformed(environment),
});

/** Fails readiness probes and serves requests. */
class Unready implements Fault<boolean> {
  isActive = false;

  constructor(private readonly count: () => void) {}

  set(setting: boolean | null): void {
    this.isActive = setting === true;
  }

  failsProbe(): boolean {
    if (this.isActive) this.count();
    return this.isActive;
  }
}

export const unready = defineFault({
  name: 'unready',
  description: 'Readiness probes get 503; requests are served as usual.',
  setting: z.boolean({ error: 'must be true or false' }),
  create: ({ count }) => new Unready(count),
});
