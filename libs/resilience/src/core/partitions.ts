import { sharedInstanceName } from './dynamic-instances.ts';
import type { CallContext, Policy, ProtectedCall } from './policy.ts';
import { isName, UserFunctions } from './user-function.ts';

/** The calls of an instance that have the same key, e.g. those of one tenant, and an instance of their own. */
export interface Partition {
  /** The name of the instance that is partitioned, whose options apply. */
  readonly of: string;
  readonly key: string;
}

/** The part of a registry that creates the instances of partitions. */
interface PartitionedRegistry {
  partition(name: string, key: string): Policy;
}

/**
 * The name of the instance of a partition, e.g. `customer:tenant-7`. Different partitions have different names: in the key,
 * `:` and `%` are encoded as in URLs.
 */
export function partitionName({ of, key }: Partition): string {
  return `${of}:${/[%:]/.test(key) ? encodeURIComponent(key) : key}`;
}

/**
 * A policy with an instance for each key: a circuit breaker, bulkhead or rate limiter for each tenant, shard or route.
 *
 * @param registry keeps at most `maxInstances` instances for keys; calls with further keys share the partition `other`
 * @param name the instance whose options apply
 * @param keyOf computes the key of a call; if it throws or returns no text, the call is in the partition `other`
 * @example
 * const customer = partitionBy(circuitBreakers, 'customer', () => tenants.getStore() ?? 'none');
 * await pipeline('customer', [customer, timeLimiter]).execute(call);
 */
export function partitionBy(
  registry: PartitionedRegistry,
  name: string,
  keyOf: (context: Partial<CallContext>) => string,
): Policy {
  const userFunctions = new UserFunctions(`The partitions of '${name}'`);
  return {
    name,
    execute<T>(call: ProtectedCall<T>, context: Partial<CallContext> = {}): Promise<T> {
      const key = userFunctions.call('partitionBy', keyOf, [context], isName, 'a key', sharedInstanceName);
      return registry.partition(name, key).execute(call, context);
    },
  };
}
