import type { GatewayChoice } from './gateway/choose-gateway.ts';

/** Variables of a service's environment that are set, or set to something else than usual. */
export type ServiceEnvironment = Readonly<Record<string, string>>;

/** How a system is to be. */
export interface SystemOptions {
  /** What the run is called where a message asks to start it again: `the demo` is `demo`. Default: `system`. */
  readonly name?: string;
  /** The gateway's port, the others follow from it; 0, the default, for ports that are free. */
  readonly port?: number;
  /**
   * Whether the services run from their lab entries, which have the experiments and read `TIME_SCALE`. Default: false, their
   * production entries.
   */
  readonly lab?: boolean;
  /** How many times as fast as real time the services' clocks run. More than 1 needs `lab`. Default: 1. */
  readonly timeScale?: number;
  /** Default: `auto`, which is nginx where there is one. */
  readonly gateway?: GatewayChoice;
  /** How many account services, 1 to 9. Default: 2. */
  readonly accounts?: number;
  /** How many customer services, 1 to 9. Default: 2. */
  readonly customers?: number;
  /** Whether the console is there, below `/console/` of the gateway. Default: false. */
  readonly console?: boolean;
  /** What the services are told beside what the system tells them, which it may replace. */
  readonly env?: {
    readonly account?: ServiceEnvironment;
    readonly customer?: ServiceEnvironment;
    readonly console?: ServiceEnvironment;
  };
  /**
   * Which PostgreSQL: `given` is the one that `DATABASE_URL` names where it is set, else one of the system's own. `own`
   * is always one of its own, which can be stopped and started. Default: `given`.
   */
  readonly database?: 'given' | 'own';
  /** What it means when a process ends that nobody asked to: that the system is `broken`, or nothing. Default: broken. */
  readonly unexpectedEnd?: 'breaks' | 'is-ignored';
}

const mostReplicas = 9;

/** The options with their defaults. @throws RangeError for an invalid number of replicas, or a time scale without `lab` */
export function withDefaults(options: SystemOptions): Required<SystemOptions> {
  const { accounts = 2, customers = 2 } = options;
  for (const [what, count] of Object.entries({ accounts, customers })) {
    if (!Number.isInteger(count) || count < 1 || count > mostReplicas) {
      throw new RangeError(`${what} is a whole number from 1 to ${mostReplicas}, not ${count}`);
    }
  }
  if ((options.timeScale ?? 1) !== 1 && options.lab !== true) {
    throw new RangeError(`timeScale ${options.timeScale} needs lab: only the lab entries read it`);
  }
  return {
    name: 'system',
    port: 0,
    lab: false,
    timeScale: 1,
    gateway: 'auto',
    console: false,
    env: {},
    database: 'given',
    unexpectedEnd: 'breaks',
    ...options,
    accounts,
    customers,
  };
}
