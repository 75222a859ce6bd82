import { AsyncLocalStorage } from 'node:async_hooks';

/** What is known about the request that is being served. */
export interface RequestContext {
  readonly requestId: string;
  /** When the caller stops waiting, in milliseconds of `performance.now()`. Default: it hasn't said. */
  readonly endsAt?: number | undefined;
  /** What it was answered with instead of a result, once that is so. */
  error?: unknown;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** Runs `work`, and whatever it starts, in the context of a request. */
export function runInRequestContext<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

/** The request that is being served; undefined outside of one. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}

/** The id of the request that is being served, for passing it on; undefined outside of one. */
export function currentRequestId(): string | undefined {
  return storage.getStore()?.requestId;
}

/** What is left of the time for which the caller waits, in milliseconds; undefined where it hasn't said. */
export function remainingRequestMs(): number | undefined {
  const endsAt = storage.getStore()?.endsAt;
  return endsAt === undefined ? undefined : Math.max(0, endsAt - performance.now());
}
