import { blockOf, bytes, type Directive, find, milliseconds, parseConfiguration } from './nginx-configuration.ts';

/** Where requests to a path go: a location of `nginx/nginx.conf`. */
export interface Route {
  /** `nowhere` has the response 404. */
  readonly target: 'accounts' | 'console' | 'health' | 'nowhere';
  /** The longest time between two reads from the replica. */
  readonly readTimeoutMs: number;
  /** Whether a POST with an idempotency key may be sent twice. */
  readonly repeatsKeyedRequests: boolean;
}

/** A request that the first replica did not respond to in time. */
export interface TimedOutRequest {
  /** Whether it may be sent twice. */
  readonly isIdempotent: boolean;
  /** Whether there was a connection, so that the replica may have received it. */
  readonly isSent: boolean;
  /** The requests of all clients in the gateway, with this one. */
  readonly inFlight: number;
  /** Decoded and without dot segments. */
  readonly path: string;
}

/** The rules of `nginx/nginx.conf` for the gateway that replaces nginx. */
export interface GatewayRules {
  readonly listen: { readonly host: string; readonly port: number };
  /** Base URLs of the account services. */
  readonly accountUrls: readonly string[];
  /** Undefined without a console. */
  readonly consoleUrl: string | undefined;
  /** How long a replica receives no requests after a failure while there are others. */
  readonly exclusionMs: number;
  /** How long an idle connection to a replica is kept. */
  readonly keepAliveMs: number;
  readonly connectTimeoutMs: number;
  /** After an error, a request is sent to at most so many replicas, … */
  readonly maxAttempts: number;
  /** … to the second one only within this time. */
  readonly retryWithinMs: number;
  /** @returns whether a request is sent to a second replica when the first one did not respond in time */
  isRepeatedAfterTimeout(request: TimedOutRequest): boolean;
  readonly bodyLimitBytes: number;
  readonly bodyTimeoutMs: number;
  readonly headerTimeoutMs: number;
  /** The longest request line, and the longest line of a header. */
  readonly lineLimitBytes: number;
  /** The most bytes of the request line and the headers together. */
  readonly headLimitBytes: number;
  readonly requestId: RegExp;
  readonly methods: RegExp;
  readonly requestsPerSecond: number;
  /** Requests in addition to the rate. */
  readonly burst: number;
  /** Requests of a client at the same time. */
  readonly maxConcurrent: number;
  /** @returns members of the problem details for a status */
  problemFor(status: number): Readonly<Record<string, unknown>>;
  /** @returns headers for a status, such as `allow` */
  headersFor(status: number): Readonly<Record<string, string>>;
  /** @param path decoded and without dot segments */
  routeOf(path: string): Route;
  /** @returns where a browser is sent instead; undefined when the request is forwarded */
  redirectOf(method: string, path: string): string | undefined;
}

/**
 * Reads the rules from a rendered `nginx/nginx.conf`, so that both gateways have one source.
 *
 * @throws Error when the configuration has no such rule
 */
export function readGatewayRules(configuration: string): GatewayRules {
  const http = blockOf(find(parseConfiguration(configuration), 'http'));
  const upstream = blockOf(find(http, 'upstream', 'accounts'));
  const servers = http.filter(({ name }) => name === 'server').map(blockOf);
  const server = servers.find((each) =>
    each.some(({ name }) => name === 'proxy_pass' || name === 'proxy_next_upstream'),
  );
  if (server === undefined) throw new Error('nginx.conf has no server that forwards requests');
  const replicas = upstream.filter(({ name, args }) => name === 'server' && !args.includes('backup'));
  const first = (block: readonly Directive[], name: string): string => find(block, name).args[0] ?? '';
  const valueOf = (parameter: string, args: readonly string[]): string =>
    args.find((arg) => arg.startsWith(`${parameter}=`))?.slice(parameter.length + 1) ?? '';

  const [host = '', port] = first(server, 'listen').split(':');
  const [buffers, bufferSize] = find(http, 'large_client_header_buffers').args;
  const problems = mapOf(http, '$problem');
  const retryAfter = mapOf(http, '$retry_after');
  const allowed = mapOf(http, '$allowed_methods');
  const console = consoleOf(server);
  const repeatedAfterTimeout = regexOf(keyOf(http, '$is_repeated_after_timeout', '1'));
  return {
    listen: { host, port: Number(port) },
    accountUrls: replicas.map(({ args }) => `http://${args[0]}`),
    consoleUrl: console === '' ? undefined : `http://${console}`,
    exclusionMs: milliseconds(valueOf('fail_timeout', replicas[0]?.args ?? [])),
    keepAliveMs: milliseconds(first(upstream, 'keepalive_timeout')),
    connectTimeoutMs: milliseconds(first(server, 'proxy_connect_timeout')),
    maxAttempts: Number(first(server, 'proxy_next_upstream_tries')),
    retryWithinMs: milliseconds(first(server, 'proxy_next_upstream_timeout')),
    isRepeatedAfterTimeout: ({ isIdempotent, isSent, inFlight, path }) =>
      repeatedAfterTimeout.test(`${isIdempotent ? 1 : 0} ${isSent ? '0.000' : '-'} ${inFlight} ${path}`),
    bodyLimitBytes: bytes(first(http, 'client_max_body_size')),
    bodyTimeoutMs: milliseconds(first(http, 'client_body_timeout')),
    headerTimeoutMs: milliseconds(first(http, 'client_header_timeout')),
    lineLimitBytes: bytes(bufferSize),
    headLimitBytes: Number(buffers) * bytes(bufferSize),
    requestId: regexOf(keyOf(http, '$correlation_id', '$http_x_request_id')),
    methods: regexOf(keyOf(http, '$is_unknown_method', '0')),
    requestsPerSecond: Number.parseInt(valueOf('rate', find(http, 'limit_req_zone').args), 10),
    burst: Number(valueOf('burst', find(server, 'limit_req').args)),
    maxConcurrent: Number(find(server, 'limit_conn').args[1]),
    problemFor: (status) => ({
      ...(JSON.parse(`{${problems.get(String(status)) ?? problems.get('default')}}`) as object),
      status,
    }),
    headersFor: (status) =>
      Object.fromEntries(
        Object.entries({ 'retry-after': retryAfter, allow: allowed })
          .map(([name, values]) => [name, values.get(String(status))] as const)
          .filter((header): header is readonly [string, string] => header[1] !== undefined),
      ),
    routeOf: routing(server, console !== ''),
    redirectOf: redirection(http, server, console),
  };
}

/** The redirect of the root to the console. */
function redirection(
  http: readonly Directive[],
  server: readonly Directive[],
  console: string,
): GatewayRules['redirectOf'] {
  const isHidden = regexOf(keyOf(http, '$is_console_hidden', '1')).test('/console/');
  const leadsToConsole = regexOf(keyOf(http, '$leads_to_console', '1'));
  const condition = blockOf(find(server, 'location', '/')).find(({ args }) => args[0] === '($leads_to_console)');
  const target = condition?.block?.find(({ name }) => name === 'return')?.args[1];
  if (target === undefined) throw new Error('nginx.conf has no redirect to the console');
  return (method, path) =>
    leadsToConsole.test(`${isHidden ? 1 : 0} ${console} ${method} ${path}`) ? target : undefined;
}

/** The entries of a `map` by key. */
function mapOf(http: readonly Directive[], variable: string): ReadonlyMap<string, string> {
  const map = http.find(({ name, args }) => name === 'map' && args[1] === variable);
  if (map === undefined) throw new Error(`nginx.conf has no map for ${variable}`);
  return new Map(blockOf(map).map(({ name, args }) => [name, args[0] ?? '']));
}

/** The key of the entry of a `map` with this value. */
function keyOf(http: readonly Directive[], variable: string, value: string): string {
  const entry = Array.from(mapOf(http, variable)).find(([key, each]) => key.startsWith('~') && each === value);
  if (entry === undefined) throw new Error(`the map for ${variable} in nginx.conf has no pattern for ${value}`);
  return entry[0];
}

/** The pattern of a `map` or of a location after its `~`, or after its `~*`, which ignores case. */
const regexOf = (pattern: string): RegExp =>
  new RegExp(pattern.replace(/^~\*?/, ''), pattern.startsWith('~*') ? 'i' : '');

/** The value of `$console`. */
function consoleOf(server: readonly Directive[]): string {
  const locations = server.filter(({ name }) => name === 'location').map(blockOf);
  const setting = locations.flat().find(({ name, args }) => name === 'set' && args[0] === '$console');
  return setting?.args[1] ?? '';
}

/** Selects locations as nginx does: an exact one, then the first pattern, then the longest prefix. */
function routing(server: readonly Directive[], hasConsole: boolean): (path: string) => Route {
  const defaultTimeout = find(server, 'proxy_read_timeout').args[0];
  const locations = server
    .filter(({ name, args }) => name === 'location' && !args[0]?.startsWith('@'))
    .map(({ args, block = [] }) => {
      const [modifier, pattern] = args.length === 1 ? ['', args[0] ?? ''] : [args[0] ?? '', args[1] ?? ''];
      const timeout = block.find(({ name }) => name === 'proxy_read_timeout')?.args[0] ?? defaultTimeout;
      const route: Route = {
        target: targetOf(block, hasConsole),
        readTimeoutMs: milliseconds(timeout),
        repeatsKeyedRequests: block.some(({ name, args: [condition] }) => name === 'if' && condition === '($has_key)'),
      };
      return { modifier, pattern, route };
    });
  const exact = locations.filter(({ modifier }) => modifier === '=');
  const patterns = locations
    .filter(({ modifier }) => modifier.startsWith('~'))
    .map(({ modifier, pattern, route }) => ({ regex: regexOf(modifier + pattern), route }));
  const prefixes = locations
    .filter(({ modifier }) => modifier === '')
    .toSorted((one, other) => other.pattern.length - one.pattern.length);

  return (path) => {
    const found =
      exact.find(({ pattern }) => pattern === path) ??
      patterns.find(({ regex }) => regex.test(path)) ??
      prefixes.find(({ pattern }) => path.startsWith(pattern));
    if (found === undefined) throw new Error(`nginx.conf has no location for ${path}`);
    return found.route;
  };
}

function targetOf(block: readonly Directive[], hasConsole: boolean): Route['target'] {
  const response = block.find(({ name }) => name === 'return')?.args[0];
  if (response === '200') return 'health';
  const upstream = block.find(({ name }) => name === 'proxy_pass')?.args[0];
  if (upstream === 'http://accounts') return 'accounts';
  return upstream === 'http://$console' && hasConsole ? 'console' : 'nowhere';
}
