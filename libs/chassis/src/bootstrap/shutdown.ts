import { Logger, type INestApplication } from '@nestjs/common';
import { Readiness } from '../health/readiness.ts';

const signals = ['SIGTERM', 'SIGINT'] as const;

/**
 * Ends the process in an orderly way on SIGTERM and on SIGINT: not ready any more, no new connections, the requests in
 * flight answered, the database let go. A signal that comes again changes nothing, as npm passes on a Ctrl-C that the
 * terminal has sent already.
 *
 * @param timeoutMs after which the process ends in any case, with exit code 1
 */
export function shutDownOnSignal(app: INestApplication, timeoutMs: number): void {
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
