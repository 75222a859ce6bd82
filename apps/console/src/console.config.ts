import {
  baseUrls,
  choice,
  duration,
  type Environment,
  flag,
  host,
  matching,
  port,
  readConfig,
} from '@breakwater/service-kit';
import { z } from 'zod';

const variables = z.object({
  /** Address to listen on. Default: `127.0.0.1`, which only this machine reaches. */
  HOST: host().default('127.0.0.1'),
  /** Port to listen on; 0 takes any that is free. Default: 3002. */
  PORT: port().default(3002),
  /** Least severe level that is logged. Default: `info`. */
  LOG_LEVEL: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** Names this process in log lines. Default: `console` and the process id. */
  INSTANCE_NAME: matching(/^[A-Za-z0-9._-]{1,64}$/, '1 to 64 letters, digits, dots, underscores or dashes').default(
    `console-${process.pid}`,
  ),
  /** How long shutting down may take after SIGTERM. Default: `5s`. */
  SHUTDOWN_TIMEOUT: duration().default(5_000),
  /**
   * Base URLs of account, comma separated. A name may stand for several addresses: each is a replica. Default:
   * `http://127.0.0.1:3000`.
   */
  ACCOUNT_URL: baseUrls().default(['http://127.0.0.1:3000']),
  /** The same of customer. Default: `http://127.0.0.1:3001`. */
  CUSTOMER_URL: baseUrls().default(['http://127.0.0.1:3001']),
  /** Base URL that the load goes to: that of the load balancer. Default: `http://127.0.0.1:8080`. */
  LOAD_URL: baseUrls()
    .refine((urls) => urls.length === 1, 'must be one URL such as http://localhost:8080')
    .default(['http://127.0.0.1:8080']),
  /**
   * Whether whoever opens the console may have it send load: it opens accounts, which stay. At most 100 a second, for ten
   * minutes. Default: false.
   */
  CONSOLE_LOAD: flag().default(false),
});

/** What can be set about the console. */
export type ConsoleConfig = z.output<typeof variables>;

/** @throws InvalidConfigError listing every fault */
export const readConsoleConfig = (environment?: Environment): ConsoleConfig => readConfig(variables, environment);
