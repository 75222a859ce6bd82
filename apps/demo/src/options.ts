import { parseArgs } from 'node:util';
import { defaultPort, highestPort, type SystemOptions } from '@breakwater/system-runner';

/** What the command line asks for. */
export interface DemoOptions extends Required<Pick<SystemOptions, 'port' | 'timeScale' | 'gateway'>> {
  /** Base URL of the gateway of a system that runs already; undefined: one is started. */
  readonly target: string | undefined;
  /** End after the experiments instead of staying up. */
  readonly once: boolean;
  /** Print the results as one JSON document. */
  readonly json: boolean;
  readonly help: boolean;
}

/** The command line cannot be understood; the message says why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const gateways = ['auto', 'nginx', 'node'] as const;

/** What `--help` prints. */
export const usage = `Usage: npm run demo [-- OPTIONS]

Starts PostgreSQL, two customer services, two account services and a load balancer on this machine, runs five
experiments with the circuit breaker and shows its recovery. Then the system stays up until Ctrl-C.

  --once            end after the experiments; exit code 0 only if each came out as stated
  --json            print the results as one JSON document on standard output
  --time-scale N    run N times faster, 1 to 10 (default 1): a faster clock and a faster customer
  --port N          port of the load balancer (default ${defaultPort}); accounts use N+1 and N+2, customers N+11 and
                    N+12; 0 picks free ports
  --gateway WHICH   auto, nginx or node (default auto: nginx if it is on the PATH)
  --target URL      make the experiments on a system that runs already, such as http://localhost:8080; nothing is started
                    and nothing stays up. FAULTS_TOKEN is the token of its customer services
  --help            show this

DATABASE_URL names a PostgreSQL to use (15 or newer); without it, one is started for the run.
`;

/**
 * Reads the command line.
 *
 * @param args without the program and the script
 * @throws UsageError when it cannot be understood
 */
export function parseOptions(args: readonly string[]): DemoOptions {
  const values = readFlags(args);
  const target = values.target === undefined ? undefined : targetOf(values.target);
  for (const flag of target === undefined ? [] : ownSystemFlags) {
    if (values[flag] !== undefined)
      throw new UsageError(`--${flag} is for a system that is started, not for a --target`);
  }
  return {
    target,
    once: values.once ?? false,
    json: values.json ?? false,
    help: values.help ?? false,
    timeScale: timeScaleOf(values['time-scale'] ?? '1'),
    port: portOf(values.port ?? String(defaultPort)),
    gateway: gatewayOf(values.gateway ?? 'auto'),
  };
}

/** What says how a system is to be started. */
const ownSystemFlags = ['time-scale', 'port', 'gateway'] as const;

interface Flags {
  target?: string;
  once?: boolean;
  json?: boolean;
  help?: boolean;
  'time-scale'?: string;
  port?: string;
  gateway?: string;
}

function readFlags(args: readonly string[]): Flags {
  try {
    return parseArgs({
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
    }).values;
  } catch (error) {
    // Node's explanation goes on with hints for shells; its first sentence says it all.
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(message.split(/\.\s|\n/, 1)[0]?.replace(/\.$/, '') ?? message);
  }
}

function targetOf(text: string): string {
  if (!/^https?:\/\/[^?#]+$/.test(text) || !URL.canParse(text)) {
    throw new UsageError(`--target is the URL of a gateway such as http://localhost:8080, not '${text}'`);
  }
  return text.replace(/\/+$/, '');
}

function timeScaleOf(text: string): number {
  const scale = decimal(text);
  if (!(scale >= 1 && scale <= 10)) throw new UsageError(`--time-scale is a number from 1 to 10, not '${text}'`);
  return scale;
}

function portOf(text: string): number {
  const port = decimal(text);
  if (!(Number.isInteger(port) && port >= 0 && port <= highestPort)) {
    throw new UsageError(`--port is a whole number from 0 to ${highestPort}, not '${text}'`);
  }
  return port;
}

function gatewayOf(text: string): DemoOptions['gateway'] {
  const gateway = gateways.find((each) => each === text);
  if (gateway === undefined) throw new UsageError(`--gateway is one of ${gateways.join(', ')}, not '${text}'`);
  return gateway;
}

/** Stricter than `Number()`, which takes the empty text for 0 and understands hexadecimal. */
function decimal(text: string): number {
  return /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
}
