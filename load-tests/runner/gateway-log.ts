import type { ForwardedRequest } from './run-record.ts';

/** What nginx and the gateway in Node log of a request. */
interface LoggedRequest {
  readonly msg?: string;
  readonly method?: string;
  readonly path?: string;
  /** The end of the request: ISO 8601, or milliseconds since 1970. */
  readonly time: string | number;
  readonly durationSeconds?: number;
  /** The addresses of the replicas, in the order of the attempts. */
  readonly upstream?: string;
}

/**
 * The requests to open an account in the log of the load balancer.
 *
 * @param log JSON lines, between which there may be others
 * @param beganAt start of the load by `Date.now()`
 */
export function readGatewayLog(log: string, beganAt: number): ForwardedRequest[] {
  return log
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as LoggedRequest)
    .filter(({ msg, method, path }) => msg === 'request' && method === 'POST' && path === '/accounts')
    .map(({ time, durationSeconds = 0, upstream = '' }) => ({
      atMs: new Date(time).getTime() - durationSeconds * 1_000 - beganAt,
      attempts: upstream.match(/:\d+/g)?.length ?? 0,
    }));
}
