import {
  Database,
  DatabaseUnavailableError,
  inSpan,
  LockHeldError,
  ProblemException,
  type ExecutionOptions,
  type Problem,
} from '@breakwater/service-kit';
import { Bulkhead, BulkheadFullError, type Clock } from '@breakwater/resilience';
import {
  createParamDecorator,
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { accountKinds } from '../accounts/accounts.problems.ts';
import type { AccountTables } from '../database/account.tables.ts';
import { continueFrom } from '../database/database-clock.ts';
import {
  fingerprintOf,
  idempotencyKeyHeader,
  idempotencyReplayedHeader,
  parseIdempotencyKey,
} from './idempotency-key.ts';
import { KeyInUseException, KeyWriters } from './key-writers.ts';
import {
  IdempotencyKeyPurge,
  IdempotencyKeys,
  type KeyedRequest,
  type KeyRecord,
  type StoredResponse,
} from './idempotency-keys.ts';

/**
 * Writes what a response promises and, in the same transaction, the key of the request with the response.
 *
 * @param options have to be passed on to the statement
 * @returns false when the key exists; then nothing is written
 */
export type Write = (record: KeyRecord, options?: ExecutionOptions) => Promise<boolean>;

/** The decision of an `@Idempotent()` route: a success or a problem. Either is stored under the key of the request. */
export type Decision<Body extends object> =
  | {
      readonly status: number;
      readonly body: Body;
      readonly write: Write;
    }
  | { readonly problem: Problem };

/** A decision, or a function of the time of the database, in microseconds since the Unix epoch. */
export type Decided<Body extends object> = Decision<Body> | ((epochMicros: number) => Decision<Body>);

/** The response of a request. */
export interface Response {
  readonly status: number;
  /** A `Problem` where the status is an error. */
  readonly body: object;
  /** Whether it is that of an earlier request with the same key. */
  readonly replayed: boolean;
}

/** The most of the ten database connections that requests with a key use at the same time. */
const connectionShare = 7;

/**
 * Executes a request once, however often it arrives under its key, at any replica. The key, the response and what the
 * response promises are stored in one transaction.
 *
 * Nothing is locked while a request is being decided. Of several at the same time each decides; the first to write counts,
 * and all of them get its response. A request that waits longer than a second for another one to write gets 409.
 */
@Injectable()
export class IdempotentRequests {
  private readonly writers = new KeyWriters();
  private readonly share = new Bulkhead('idempotency-keys', {
    maxConcurrentCalls: connectionShare,
    maxWaitDuration: '1s',
  });

  constructor(private readonly keys: IdempotencyKeys) {}

  /**
   * @param request undefined when the client gave no key: then each request is executed
   * @param decide its errors are the response to this request only, and are not stored
   * @throws ProblemException 422 when the key was used for another request, 409 when another request keeps writing it
   * @throws TransactionConflictError when another request changes the same data; nothing has been changed
   * @throws DatabaseUnavailableError also when it is unknown whether the transaction was committed; the same request under the
   *   same key finds out
   */
  async respond(request: KeyedRequest | undefined, decide: () => Promise<Decided<object>>): Promise<Response> {
    const seen = request && (await inSpan('idempotency key', () => this.look(request.key)));
    if (seen?.stored) return replay(request!, seen.stored);

    const decided = await decide();
    const decision =
      typeof decided === 'function' ? decided((seen ?? (await this.look(undefined))).epochMicros()) : decided;
    const { status, body, write } =
      'problem' in decision ? { status: decision.problem.status, body: decision.problem, write: undefined } : decision;
    const record = this.keys.recordOf(request, { status, body });
    const response = { status, body, replayed: false };
    if (request) return this.writeOnce(request, record, write ?? this.keys.insert.bind(this.keys), response);
    if (write) await inSpan('transaction', () => write(record));
    return response;
  }

  private async look(key: string | undefined) {
    const { stored, epochMicros } = await this.keys.find(key);
    return { stored, epochMicros: continueFrom(epochMicros) };
  }

  private writeOnce(request: KeyedRequest, record: KeyRecord, write: Write, response: Response): Promise<Response> {
    return this.writers.run(request.key, (remaining) =>
      this.withinShare(request.key, async () => {
        for (;;) {
          if (await inSpan('transaction', () => write(record, { lockWaitLeftMs: remaining }))) return response;
          const { stored } = await this.keys.find(request.key);
          // A key that has expired since then is replaced.
          if (stored) return replay(request, stored);
        }
      }),
    );
  }

  /** Keys that other replicas keep locked must not occupy all connections of this one. */
  private async withinShare<T>(key: string, store: () => Promise<T>): Promise<T> {
    try {
      return await this.share.execute(store);
    } catch (error) {
      if (error instanceof LockHeldError) throw new KeyInUseException(key, error);
      throw error instanceof BulkheadFullError ? new DatabaseUnavailableError(error) : error;
    }
  }
}

function replay({ key, fingerprint }: KeyedRequest, stored: StoredResponse): Response {
  if (stored.fingerprint === fingerprint) return { status: stored.status, body: stored.body, replayed: true };
  throw new ProblemException({
    ...accountKinds['idempotency-key-reused'],
    detail: `The idempotency key ${key} was used for another request. Use a new key for a new request.`,
  });
}

/** Passed to the decorated method after its own arguments. */
const HttpExchange = createParamDecorator((_: unknown, context: ExecutionContext) => context.switchToHttp());

const requests = Symbol('IdempotentRequests');

/**
 * Executes a route once per `Idempotency-Key`. The method returns a `Decision`; the client gets its body. `write` runs after
 * the method has ended, so that no database connection is held while a decision waits for another service.
 *
 * @param headersOf headers of a success, computed from the body so that a replay has them too. Default: none
 * @example
 * \@Post()
 * \@Idempotent()
 * async create(\@Body() dto: CreateAccountDto): Promise<Decision<Account>> {
 *   const account = await this.decide(dto);
 *   return { status: 201, body: account, write: (transaction) => this.accounts.insert(account, transaction) };
 * }
 */
export function Idempotent<Body extends object>(
  headersOf: (body: Body) => Readonly<Record<string, string>> = () => ({}),
) {
  return (
    prototype: object,
    name: string,
    descriptor: TypedPropertyDescriptor<(...args: never[]) => Promise<Decided<Body>>>,
  ): void => {
    const decide = descriptor.value as (...args: unknown[]) => Promise<Decided<Body>>;
    Inject(IdempotentRequests)(prototype, requests);
    HttpExchange()(prototype, name, decide.length);

    async function respond(this: { readonly [requests]: IdempotentRequests }, ...args: unknown[]): Promise<object> {
      const http = args.pop() as ReturnType<ExecutionContext['switchToHttp']>;
      const { status, body, replayed } = await this[requests].respond(keyedRequest(http.getRequest()), () =>
        decide.apply(this, args),
      );
      const replayHeaders = replayed ? { [idempotencyReplayedHeader]: 'true' } : {};
      if (status >= 400) {
        const problem = body as Problem;
        throw new ProblemException({ ...problem, headers: { ...problem.headers, ...replayHeaders } });
      }
      void http
        .getResponse<FastifyReply>()
        .status(status)
        .headers({ ...headersOf(body as Body), ...replayHeaders });
      return body;
    }
    // Nest and its Swagger module know a route by its name and by the metadata that other decorators have set.
    Object.defineProperty(respond, 'name', { value: name });
    for (const key of Reflect.getOwnMetadataKeys(decide) as unknown[])
      Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, decide), respond);
    descriptor.value = respond as unknown as typeof descriptor.value & {};
  };
}

function keyedRequest({ method, headers, body, routeOptions }: FastifyRequest): KeyedRequest | undefined {
  const key = parseIdempotencyKey(headers[idempotencyKeyHeader] as string | undefined);
  return key === undefined
    ? undefined
    : { key, fingerprint: fingerprintOf({ method, route: routeOptions.url ?? '', body }) };
}

/** Provides what `@Idempotent()` needs, to all modules. */
@Module({})
export class IdempotencyModule {
  /** @param options how long keys are kept, and the clock of their purge */
  static forRoot({ keyTtlMs, clock }: { readonly keyTtlMs: number; readonly clock: Clock }): DynamicModule {
    return {
      module: IdempotencyModule,
      global: true,
      providers: [
        {
          provide: IdempotencyKeys,
          inject: [Database],
          useFactory: (database: Database<AccountTables>) => new IdempotencyKeys(database, { ttlMs: keyTtlMs }),
        },
        {
          provide: IdempotencyKeyPurge,
          inject: [IdempotencyKeys],
          useFactory: (keys: IdempotencyKeys) => new IdempotencyKeyPurge(keys, clock),
        },
        IdempotentRequests,
      ],
      exports: [IdempotentRequests],
    };
  }
}
