import { Logger, type INestApplication } from '@nestjs/common';
import type { Server } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { Readiness } from '../health/readiness.ts';

const signals = ['SIGTERM', 'SIGINT'] as const;

/** How long shutting down may take. */
export interface ShutdownTimes {
  /** For which requests are still taken, so that whoever sends them can notice. */
  readonly delayMs: number;
  /** After which the process ends in any case, with exit code 1; the delay counts. */
  readonly timeoutMs: number;
}

/**
 * Ends the process in an orderly way on SIGTERM and on SIGINT: not ready any more; after the delay no new connections, the
 * requests in flight answered, the connections and the database let go. A signal that comes again changes nothing, as npm
 * passes on a Ctrl-C that the terminal has sent already.
 */
export function shutDownOnSignal(app: INestApplication<Server>, { delayMs, timeoutMs }: ShutdownTimes): void {
  const logger = new Logger('Shutdown');
  let begun = false;

  const shutDown = async (signal: NodeJS.Signals): Promise<void> => {
    if (begun) return;
    begun = true;
    logger.log(`${signal}: shutting down`);
    app.get(Readiness, { strict: false }).beginShutdown();
    setTimeout(() => {
      logger.error(`not everything ended within ${timeoutMs} ms: leaving it`);
      process.exit(1);
    }, timeoutMs).unref();

    try {
      if (app.getHttpServer().listening) await wait(delayMs);
      await app.close();
      logger.log('shut down');
    } catch (err) {
      logger.error({ err }, 'shutting down failed');
      process.exitCode = 1;
    }
    // Nothing is left to do; what may still hold the process open is not ours.
    process.exit();
  };

  for (const signal of signals) process.on(signal, (received) => void shutDown(received));
}
