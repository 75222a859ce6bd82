import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import { isProbe } from '../metrics/metrics.registry.ts';
import { sendProblem, serviceKitKinds } from '../problem-details/problem-details.ts';

/** The maximum of clients that are counted; the least recently active one is removed first. */
const maxClients = 10_000;

/**
 * Limits the requests per second of each client and refuses the rest with 429, so that one client cannot exclude the others. A
 * client is an IPv4 address, or a /64 network of IPv6, which is what one household has. Health and metrics are not limited.
 *
 * @param perSecond 0: without a limit
 * @param onRefused is called for each refused request
 */
export function limitClients(fastify: FastifyInstance, perSecond: number, onRefused: () => void): void {
  if (perSecond === 0) return;
  fastify.register(rateLimit, { global: false, max: perSecond, timeWindow: 1_000, cache: maxClients }).after(() => {
    const take = fastify.createRateLimit();
    fastify.addHook('onRequest', async (request, reply) => {
      if (isProbe(request.url.split('?', 1)[0] ?? '')) return;
      const taken = await take(request);
      if (taken.isAllowed) return;

      void reply.headers({
        'ratelimit-limit': taken.max,
        'ratelimit-remaining': taken.remaining,
        'ratelimit-reset': taken.ttlInSeconds,
      });
      if (!taken.isExceeded) return;
      onRefused();
      return sendProblem(request, reply, {
        ...serviceKitKinds['too-many-requests'],
        detail: `A client may send ${perSecond} requests per second. Try again later.`,
        headers: { 'retry-after': String(taken.ttlInSeconds) },
      });
    });
  });
}
