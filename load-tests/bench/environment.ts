import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  childEnvironment,
  freePorts,
  listen,
  LocalSystem,
  loopback,
  respondsAt,
  SupervisedProcess,
  urlOf,
  workspaceRoot,
} from '@breakwater/system-runner';
import { createDatabase } from '@breakwater/system-runner/postgres';
import { processorMs, residentMiB } from '../runner/processor-use.ts';
import type { Program } from './services/arm.ts';

const bundler = path.join(workspaceRoot, 'tools/bundle-service.ts');

/** Precise enough for a cold start, and little load for the starting process. */
const pollIntervalMs = 2;

/** A JVM on a busy machine needs a minute. */
const readyTimeoutMs = 120_000;

/** Account with or without its pipeline. */
export type Protection = 'protected' | 'unprotected';

/** The environment of the benchmark: compiled code, PostgreSQL with tables and a stand-in for customer. */
export type BenchEnvironment = Awaited<ReturnType<typeof openEnvironment>>;

/** A service that is started as in production. */
export type ServiceProcess = Awaited<ReturnType<BenchEnvironment['start']>>;

export interface StartOptions {
  /** Runs it on all processors, as in production. Default: on one processor of its own. */
  readonly isUnpinned?: boolean;
  /** Default: that of the environment. */
  readonly databaseUrl?: string;
}

/** @param interruption cancels all waits */
export async function openEnvironment(interruption: AbortSignal) {
  // PostgreSQL inherits the processors, so they are assigned first.
  const processors = shareProcessors();
  const system = await LocalSystem.prepare({ name: 'bench', database: 'own', accounts: 1, customers: 1 });
  interruption.addEventListener('abort', () => system.kill());
  const signal = AbortSignal.any([interruption, system.broken]);
  const started: SupervisedProcess[] = [];
  const customer = { delayMs: 0 };
  const customerServer = customerOf(customer);
  const close = async (): Promise<void> => {
    await Promise.all(started.map((service) => service.stop()));
    customerServer.close();
    customerServer.closeAllConnections();
    await system.end();
  };
  try {
    const { url: serverUrl } = await system.startDatabase(signal);
    await promisify(execFile)(process.execPath, [bundler, 'apps/account'], { cwd: workspaceRoot });
    const customerUrl = await listen(customerServer);
    return {
      processors,
      signal,
      /** The stand-in for customer; `delayMs` is its response time. */
      customer,
      /** For files, until `close`. */
      directory: system.logs,
      /** Creates an empty database and its tables. @returns its URL */
      async createDatabase({ name, migrate: [command = '', ...args] }: Program): Promise<string> {
        const database = await createDatabase(serverUrl);
        const migration = new SupervisedProcess({
          name: `${name}-migrations`,
          command,
          args,
          env: childEnvironment({ DATABASE_URL: database.url }),
          logFile: path.join(system.logs, `${name}-migrations.log`),
        });
        await migration.succeeded(signal);
        return database.url;
      },
      /** Starts a service; `ready()` waits for it. */
      async start(program: Program, { isUnpinned = false, databaseUrl = serverUrl }: StartOptions = {}) {
        const [port, switchPort] = (await freePorts(2)) as [number, number];
        const [url, startedAt] = [urlOf(port), performance.now()];
        const name = `${program.name}-${started.length + 1}`;
        const prefix = isUnpinned ? processors.unpinned : processors.prefix;
        const [command = '', ...args] = [...prefix, ...program.command];
        const service = new SupervisedProcess({
          name,
          command,
          args,
          env: childEnvironment({
            NODE_ENV: 'production',
            HOST: loopback,
            PORT: String(port),
            INSTANCE_NAME: name,
            DATABASE_URL: databaseUrl,
            CUSTOMER_URL: customerUrl,
            // All requests come from one client.
            CLIENT_RATE_LIMIT: '0',
            MAX_REQUESTS_IN_FLIGHT_PER_CLIENT: '0',
            SHUTDOWN_DELAY: '0ms',
            BENCH_SWITCH_PORT: String(switchPort),
            ...program.env,
          }),
          logFile: path.join(system.logs, `${name}.log`),
          probe: respondsAt(`${url}/health/ready`),
        });
        started.push(service);
        return {
          url,
          /**
           * Waits until the service is ready.
           *
           * @returns the time since its start, in milliseconds
           * @throws SystemFailure when the process ends first, or is not ready within two minutes
           */
          async ready(): Promise<number> {
            await service.ready(signal, pollIntervalMs, readyTimeoutMs);
            return performance.now() - startedAt;
          },
          /** Switches to the pipeline or to an empty one; only `switchable` can. */
          async switchTo(arm: Protection): Promise<void> {
            await (await fetch(`${urlOf(switchPort)}/${arm}`)).arrayBuffer();
          },
          /** The processor time so far, in milliseconds; undefined where the platform does not report it. */
          processorMs: () => processorMs(service.pid ?? 0),
          /** The memory that it holds (RSS), in MiB; undefined where the platform does not report it. */
          residentMiB: () => residentMiB(service.pid ?? 0),
          /** Its standard output and standard error so far. */
          log: () => readFileSync(service.logFile, 'utf8'),
          metrics: async (): Promise<string> => (await fetch(`${url}/metrics`)).text(),
          stop: () => service.stop(),
        };
      },
      /** Ends all processes and removes their logs. */
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A stand-in for customer that knows every customer: the real one would take the processor from PostgreSQL. */
function customerOf(behaviour: { readonly delayMs: number }): Server {
  const server = createServer((request, response) => {
    const id = request.url?.slice(request.url.lastIndexOf('/') + 1) ?? '';
    const body = JSON.stringify({ id, name: 'Ada Lovelace', status: 'ACTIVE' });
    const respond = (): void => {
      response.writeHead(200, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
      });
      response.end(body);
    };
    if (behaviour.delayMs === 0) respond();
    else setTimeout(respond, behaviour.delayMs);
  });
  // Account keeps its connections; closing one during a request would count as a failure of customer.
  server.keepAliveTimeout = 60_000;
  return server;
}

/** The assignment of processors to processes during the load. */
interface Processors {
  /** Command in front of account's, which gives it a processor of its own; empty where processes cannot be pinned. */
  readonly prefix: readonly string[];
  /** Command in front of that of a process that may use all processors. */
  readonly unpinned: readonly string[];
  readonly description: string;
}

/**
 * Reserves the first processor for the measured service. This program, PostgreSQL and all other processes that it starts use the
 * others, so that the load generator takes no processor time from it. Without `taskset`, or with one
 * processor, all share.
 */
function shareProcessors(): Processors {
  const count = availableParallelism();
  const others = count === 2 ? '1' : `1-${count - 1}`;
  // -a: all threads of this program.
  const isPinned =
    count > 1 && spawnSync('taskset', ['-acp', others, String(process.pid)], { stdio: 'ignore' }).status === 0;
  return isPinned
    ? {
        prefix: ['taskset', '-c', '0'],
        unpinned: ['taskset', '-c', `0-${count - 1}`],
        description: `account has one processor for itself, all other processes share the other${count > 2 ? 's' : ''}`,
      }
    : { prefix: [], unpinned: [], description: 'no process is pinned: all share all processors' };
}
