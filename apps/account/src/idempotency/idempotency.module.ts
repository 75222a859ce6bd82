import { Database } from '@breakwater/service-kit';
import type { Clock } from '@breakwater/resilience';
import { Module, type DynamicModule } from '@nestjs/common';
import type { AccountTables } from '../database/account.tables.ts';
import { IdempotencyKeyPurge } from './idempotency-key-purge.ts';
import { IdempotencyKeys } from './idempotency-keys.ts';
import { IdempotentRequests } from './idempotent-requests.ts';

/** How long keys are kept, and by which clock those whose time is over are deleted. */
export interface IdempotencyOptions {
  readonly keyTtlMs: number;
  readonly clock: Clock;
}

/** Requests that are done once, however often they come. */
@Module({})
export class IdempotencyModule {
  static forRoot({ keyTtlMs, clock }: IdempotencyOptions): DynamicModule {
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
