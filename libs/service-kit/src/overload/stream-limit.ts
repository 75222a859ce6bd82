import type { FastifyInstance } from 'fastify';
import { sendProblem, serviceKitKinds } from '../problem-details/problem-details.ts';
import { ClientLimit } from './client-limit.ts';

/**
 * Limits the streams on one route that each client has open and refuses the rest with 429, so that one client cannot hold all of
 * them. A stream lasts as long as its client wants, so that the limits of requests are too high for it.
 *
 * @param route the template of the route
 * @param max 0: without a limit
 */
export function limitStreams(fastify: FastifyInstance, route: string, max: number): void {
  const limit = new ClientLimit(max);
  fastify.addHook('onRequest', (request, reply, done) => {
    // HEAD ends at once.
    if (request.method !== 'GET' || request.routeOptions.url !== route) return done();
    const release = limit.tryAcquire(request.ip);
    if (release === undefined) {
      fastify.admission.countRefusal('client_in_flight');
      return void sendProblem(request, reply, {
        ...serviceKitKinds['too-many-requests'],
        detail: `A client may have ${max} streams open. Close one of them first.`,
        headers: { 'retry-after': '1' },
      });
    }
    reply.raw.once('close', release);
    done();
  });
}
