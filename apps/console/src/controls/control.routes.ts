import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Observer } from '../observation/observer.ts';
import { callReplica, type ReplicaRequest } from '@breakwater/contracts/replicas';
import { experimentRequest } from './experiment.ts';
import { type Load, longestSeconds, mostPerSecond } from './load.ts';
import { secondsOf } from '../protocol/load-plan.ts';

/** What the controls work on. */
export interface Controls {
  readonly observer: Observer;
  readonly load: Load;
}

const patienceMs = 5_000;

const wholeNumber = (most: number) => z.int(`must be a whole number from 1 to ${most}`).min(1).max(most);
const rate = wholeNumber(mostPerSecond);

const loadBody = z
  .strictObject({
    startRate: rate,
    stages: z
      .array(z.strictObject({ rate, seconds: wholeNumber(longestSeconds) }))
      .min(1)
      .max(20),
  })
  .refine((plan) => secondsOf(plan) <= longestSeconds, `must last ${longestSeconds} seconds at most`);

const breakerBody = z.strictObject({
  updateState: z.enum(['CLOSE', 'FORCE_OPEN', 'DISABLE']),
  /** Names of replicas; all of them where it is left out. */
  replicas: z.array(z.string()).min(1).optional(),
});

const experimentBody = z.strictObject({
  /** Which replica of account is to make it; any where it is left out. */
  replica: z.string().optional(),
});

const name = z.object({ name: z.string().regex(/^[\w.-]{1,100}$/, 'must be the name of a circuit breaker') });

/** What can be done from the page. The services' tokens are the user's: they pass through, and the services check them. */
export function addControls(app: FastifyInstance, { observer, load }: Controls): void {
  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
    app.route({
      method,
      url: '/faults',
      handler: (request, reply) => askCustomers(reply, '/faults', questionOf(request)),
    });
  }
  for (const method of ['PUT', 'DELETE'] as const) {
    app.route({
      method,
      url: '/faults/timeline',
      handler: (request, reply) => askCustomers(reply, '/faults/timeline', questionOf(request)),
    });
  }

  app.post('/breakers/:name', async (request, reply) => {
    const { name: breaker } = name.parse(request.params);
    const { updateState, replicas } = breakerBody.parse(request.body);
    const chosen = observer.accounts.all.filter((each) => replicas === undefined || replicas.includes(each.name));
    const question = { ...questionOf(request), body: { updateState } };
    return answerOfAll(reply, chosen, `/actuator/circuitbreakers/${encodeURIComponent(breaker)}`, question);
  });

  app.put('/load', async (request, reply) => {
    const plan = loadBody.parse(request.body);
    if (!load.state.isAllowed)
      return reply.status(403).send({ detail: 'Start the console with CONSOLE_LOAD=true to send load.' });
    load.start(plan);
    return load.state;
  });

  app.delete('/load', async () => {
    load.stop();
    return load.state;
  });

  app.post('/experiments/:name', async (request, reply) => {
    const { name: breaker } = name.parse(request.params);
    const { replica: wanted } = experimentBody.parse(request.body ?? {});
    const maker = observer.accounts.all.find(
      ({ replica }) =>
        replica.problem === null &&
        Object.hasOwn(replica.breakers, breaker) &&
        (wanted === undefined || replica.name === wanted),
    );
    if (maker === undefined) {
      return reply
        .status(404)
        .send({ detail: `No replica of account has a circuit breaker ${breaker} for an experiment.` });
    }
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const answer = await fetch(`${maker.url}/experiments/customer-lookups`, experimentRequest(breaker, gone.signal));
    return reply
      .status(answer.status)
      .type(answer.headers.get('content-type') ?? 'application/json')
      .send(answer.body);
  });

  async function askCustomers(reply: FastifyReply, path: string, question: ReplicaRequest) {
    return answerOfAll(reply, observer.customers.all, path, question);
  }
}

function questionOf({ method, headers, body }: FastifyRequest): ReplicaRequest {
  return { method, authorization: headers.authorization, body: body ?? undefined, timeoutMs: patienceMs };
}

/** Asks replicas the same, and answers with what each of them said; the status is the worst of theirs. */
async function answerOfAll(
  reply: FastifyReply,
  replicas: readonly { readonly url: string }[],
  path: string,
  question: ReplicaRequest,
) {
  if (replicas.length === 0) return reply.status(503).send({ detail: 'There is no such replica now.' });
  const answers = await Promise.all(
    replicas.map(async ({ url }) => {
      const { status, instance, body } = await callReplica(`${url}${path}`, question);
      return { replica: instance ?? new URL(url).host, status, body };
    }),
  );
  const worst = Math.max(...answers.map(({ status }) => (status === 0 ? 502 : status)));
  return reply.status(worst < 300 ? 200 : worst).send({ replicas: answers });
}
