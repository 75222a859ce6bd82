import {
  defaultPort,
  highestPort,
  parseChoice,
  parseFlags,
  type SystemOptions,
  UsageError,
} from '@breakwater/system-runner';

/** The options of the command line. */
export interface DemoOptions extends Required<Pick<SystemOptions, 'port' | 'timeScale' | 'gateway'>> {
  /** Base URL of the gateway of a running system; undefined starts a system. */
  readonly target: string | undefined;
  /** End after the experiments. */
  readonly once: boolean;
  /** Print the results as one JSON document. */
  readonly json: boolean;
  readonly help: boolean;
}

/** The output of `--help`. */
export const usage = `Usage: npm run demo [-- OPTIONS]

Starts PostgreSQL, two customer services, two account services and a load
balancer on this machine, runs five experiments with the circuit breaker and
shows its recovery. The system then runs until you press Ctrl-C.

  --once            end after the experiments; the exit code is 0 only if every
                    result is as expected
  --json            print the results as one JSON document on standard output
  --time-scale N    run N times faster, 1 to 10 (default 1): faster clocks and a
                    faster customer service
  --port N          port of the load balancer (default ${defaultPort}); the accounts use
                    N+1 and N+2, the console N+10, the customers N+11 and N+12;
                    0 chooses free ports
  --gateway WHICH   auto, nginx or node (default auto: nginx if it is on the
                    PATH)
  --target URL      run the experiments on a running system, such as
                    http://localhost:8080; no system is started. FAULTS_TOKEN
                    is the token of its customer services
  --help            show this help

DATABASE_URL names an existing PostgreSQL (15 or newer); without it, the demo
starts one.
`;

/** Options that apply only when the demo starts a system. */
const ownSystemFlags = ['time-scale', 'port', 'gateway'] as const;

/**
 * Reads the command line.
 *
 * @param args without the program and the script
 * @throws UsageError
 */
export function parseOptions(args: readonly string[]): DemoOptions {
  const { values } = parseFlags({
    args: [...args],
    options: {
      target: { type: 'string' },
      once: { type: 'boolean' },
      json: { type: 'boolean' },
      'time-scale': { type: 'string' },
      port: { type: 'string' },
      gateway: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const target = values.target === undefined ? undefined : parseTarget(values.target);
  const conflict = target === undefined ? undefined : ownSystemFlags.find((flag) => values[flag] !== undefined);
  if (conflict !== undefined) throw new UsageError(`--${conflict} cannot be combined with --target`);
  return {
    target,
    once: values.once ?? false,
    json: values.json ?? false,
    help: values.help ?? false,
    timeScale: parseTimeScale(values['time-scale'] ?? '1'),
    port: parsePort(values.port ?? String(defaultPort)),
    gateway: parseChoice('--gateway', values.gateway ?? 'auto', ['auto', 'nginx', 'node']),
  };
}

function parseTarget(text: string): string {
  if (!/^https?:\/\/[^?#]+$/.test(text) || !URL.canParse(text)) {
    throw new UsageError(`--target is the URL of a gateway such as http://localhost:8080, not '${text}'`);
  }
  return text.replace(/\/+$/, '');
}

function parseTimeScale(text: string): number {
  const scale = parseDecimal(text);
  if (!(scale >= 1 && scale <= 10)) throw new UsageError(`--time-scale is a number from 1 to 10, not '${text}'`);
  return scale;
}

function parsePort(text: string): number {
  const port = parseDecimal(text);
  if (!(Number.isInteger(port) && port >= 0 && port <= highestPort)) {
    throw new UsageError(`--port is a whole number from 0 to ${highestPort}, not '${text}'`);
  }
  return port;
}

/** Stricter than `Number()`, which accepts an empty text and hexadecimal. */
function parseDecimal(text: string): number {
  return /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
}
