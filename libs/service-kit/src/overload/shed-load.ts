import type { FastifyInstance } from 'fastify';
import { isProbe } from '../metrics/probe-paths.ts';
import { serviceKitKinds } from '../problem-details/problem-kinds.ts';
import type { Problem } from '../problem-details/problem.exception.ts';
import { sendProblem } from '../problem-details/send-problem.ts';
import type { Load } from './load.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** How much there is to do, for metrics. */
    readonly load: Load;
  }
}

const refusal: Problem = {
  ...serviceKitKinds.overloaded,
  detail: 'The service has more to do than it can. Nothing was done for this request. Try again later.',
  headers: { 'retry-after': '1' },
};

/**
 * Turns requests away while the service has more to do than it can (`docs/adr/0014`), before their bodies are read. Health
 * and metrics are answered through it: an orchestrator that restarts what is overloaded, or an operator who sees nothing,
 * would make it worse.
 */
export function shedLoad(fastify: FastifyInstance, load: Load): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (isProbe(request.url.split('?', 1)[0] ?? '')) return done();
    if (load.enter() !== undefined) return void sendProblem(request, reply, refusal);
    reply.raw.once('close', () => load.leave());
    done();
  });
}
