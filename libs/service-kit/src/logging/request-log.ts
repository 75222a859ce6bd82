import { withoutSecrets } from '@breakwater/contracts/without-secrets';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { isProbe } from '../metrics/metrics.registry.ts';
import { traceOf } from '../request-context/request-context.ts';
import { fieldsOf } from './logging.ts';

/**
 * Logs one line at the end of each request that the checks of the edge have admitted. Call it after adding them.
 *
 * Health checks and scrapes are not logged: readiness logs its changes.
 */
export function logRequests(fastify: FastifyInstance, logger: Logger): void {
  void fastify.after(() => {
    fastify.addHook('onRequest', (request, reply, done) => {
      // Without a listener, writing to a response that has ended would end the process.
      reply.raw.on('error', ignore);
      if (!isProbe(request.url)) {
        // Emitted once, after the last byte or when the client disconnects before it.
        reply.raw.once('close', () => logEnd(logger, request, reply));
      }
      done();
    });
  });
}

const ignore = (): void => {};

/** The response may end outside of the context of the request. */
function logEnd(logger: Logger, { id, method, url, raw: request }: FastifyRequest, reply: FastifyReply): void {
  const { statusCode, headersSent, writableEnded, errored } = reply.raw;
  const isFailure = statusCode >= 500 || errored;
  const fields = {
    ...fieldsOf(id, traceOf(request)),
    req: { method, url: withoutSecrets(url) },
    res: { statusCode: headersSent ? statusCode : null },
    responseTime: Math.round(reply.elapsedTime),
    // Other errors have been logged before.
    ...(errored && { err: errored }),
  };
  if (isFailure) logger.error(fields, 'request failed');
  else logger.info(fields, writableEnded && !request.readableAborted ? 'request completed' : 'request aborted');
}
