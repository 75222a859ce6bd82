import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import { isProbe } from '../metrics/probe-paths.ts';
import { serviceKitKinds } from '../problem-details/problem-kinds.ts';
import { sendProblem } from '../problem-details/send-problem.ts';

/** How many clients are remembered; the one that was quiet for the longest is forgotten first. */
const maxRemembered = 10_000;

/**
 * Lets each client make so many requests a second and refuses the rest with 429, so that one that runs wild takes nothing
 * from the others. A client is an IPv4 address, or an IPv6 network of 64 bits, which is what one household has. Health and
 * metrics are answered to whoever asks.
 *
 * @param perSecond 0: there is no limit
 * @param onRefused called for each request that is refused
 */
export function limitClients(fastify: FastifyInstance, perSecond: number, onRefused: () => void): void {
  if (perSecond === 0) return;
  fastify.register(rateLimit, { global: false, max: perSecond, timeWindow: 1_000, cache: maxRemembered }).after(() => {
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
        detail: `A client may make ${perSecond} requests a second. Try again later.`,
        headers: { 'retry-after': String(taken.ttlInSeconds) },
      });
    });
  });
}
