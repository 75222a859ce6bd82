import {
  baseUrls,
  choice,
  duration,
  edgeVariables,
  type Environment,
  flag,
  host,
  matching,
  port,
  readConfig,
} from '@breakwater/service-kit';
import { z } from 'zod';
import { allowedHosts } from './controls/foreign-requests.ts';

/** Base URLs that `fetch` takes. */
const urls = () =>
  baseUrls().refine(
    (given) => given.map((url) => new URL(url)).every(({ username, password }) => !username && !password),
    'must not contain a user name or a password, because the console cannot send them',
  );

const oneUrl = () => urls().refine((urls) => urls.length === 1, 'must be one URL such as http://localhost:8080');

/** Only an address of the web: a link to another one, such as `javascript:`, would run in the page. */
const traceUrl = () =>
  matching(
    /^https?:\/\/[^\s{}@/?#]+\/[^\s{}]*\{traceId\}[^\s{}]*$/,
    'an http or https URL with {traceId} in its path or query, without a user name, such as http://localhost:16686/trace/{traceId}',
  ).refine((url) => URL.canParse(url), 'must be a valid URL');

const variables = z.object({
  /** Address to listen on. Default: `127.0.0.1`, which only this machine can reach. */
  HOST: host().default('127.0.0.1'),
  /** Port to listen on; 0 selects a free port. Default: 3002. */
  PORT: port().default(3002),
  /** Lowest level that is logged. Default: `info`. */
  LOG_LEVEL: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** Name of this process in the log. Default: `console-` and the process id. */
  INSTANCE_NAME: matching(/^[A-Za-z0-9._-]{1,64}$/, '1 to 64 letters, digits, dots, underscores or dashes').default(
    `console-${process.pid}`,
  ),
  ...edgeVariables(),
  /** Maximum duration of the shutdown after SIGTERM. Default: `5s`. */
  SHUTDOWN_TIMEOUT: duration().default(5_000),
  /**
   * Names under which browsers may open the console, without ports, separated by commas; `loopback` stands for `localhost` and
   * loopback addresses. Other names are refused, so that a foreign page cannot pretend to be the console (DNS rebinding). Default:
   * `loopback`.
   */
  ALLOWED_HOSTS: allowedHosts().default(['loopback']),
  /**
   * Base URLs of account, separated by commas. Each address of a host name is a replica. Default:
   * `http://127.0.0.1:3000`.
   */
  ACCOUNT_URL: urls().default(['http://127.0.0.1:3000']),
  /** Base URLs of customer, likewise. Default: `http://127.0.0.1:3001`. */
  CUSTOMER_URL: urls().default(['http://127.0.0.1:3001']),
  /** Base URL of the load balancer, to which load is sent. Default: `http://127.0.0.1:8080`. */
  LOAD_URL: oneUrl().default(['http://127.0.0.1:8080']),
  /**
   * Whether every user of the console may let it send load: up to 100 requests per second for ten minutes. The opened
   * accounts stay. Default: false.
   */
  CONSOLE_LOAD: flag().default(false),
  /**
   * Base URL of the process control of `npm run demo`, by which the page kills and freezes replicas. It gets the token of the
   * request. Default: not set, and the page has no buttons for that.
   */
  PROCESS_CONTROL_URL: oneUrl().optional(),
  /**
   * The page of a trace in Jaeger, Grafana or another viewer, for browsers: `{traceId}` stands for the id. The page then links
   * events and refusals to their traces. Default: not set, and there are no links.
   */
  TRACE_URL: traceUrl().optional(),
});

/** The configuration of the console. */
export type ConsoleConfig = z.output<typeof variables>;

/** @throws InvalidConfigError listing all faults */
export const readConsoleConfig = (environment?: Environment): ConsoleConfig => readConfig(variables, environment);
