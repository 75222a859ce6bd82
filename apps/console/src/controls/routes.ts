import type { CustomerLookups } from '@breakwater/contracts';
import { experiments, lookupsPerExperiment } from '@breakwater/contracts/experiments';
import { isPathSegment, pathSegment } from '@breakwater/contracts/path-segment';
import { processActions } from '@breakwater/contracts/processes';
import { callReplica, connectionFailure, type ReplicaRequest } from '@breakwater/contracts/replicas';
import { ConcurrentReads } from '@breakwater/service-kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AccountMonitor } from '../observation/replica-monitors.ts';
import type { SystemMonitor } from '../observation/system-monitor.ts';
import { maxRequestsPerSecond, maxSeconds, secondsOf } from '../protocol/messages.ts';
import type { LoadGenerator } from './load-generator.ts';
import type { ProcessControl } from './process-control.ts';

const replicaTimeoutMs = 5_000;
/** Until an experiment responds with its first result. The rest of its response may take longer. */
const firstResultTimeoutMs = 15_000;

const wholeNumber = (max: number) => z.int(`must be a whole number from 1 to ${max}`).min(1).max(max);
const rate = wholeNumber(maxRequestsPerSecond);

const loadBody = z
  .strictObject({
    startRate: rate,
    stages: z
      .array(z.strictObject({ rate, seconds: wholeNumber(maxSeconds) }))
      .min(1)
      .max(20),
  })
  .refine((plan) => secondsOf(plan) <= maxSeconds, `must last at most ${maxSeconds} seconds`);

const breakerBody = z.strictObject({
  updateState: z.enum(['CLOSE', 'FORCE_OPEN', 'DISABLE']),
  /** Names of replicas. Default: all. */
  replicas: z.array(z.string()).min(1).optional(),
});

const experimentBody = z.strictObject({
  /** Name of a replica of account. Default: any. */
  replica: z.string().optional(),
});

const faultsQuery = z.object({
  /** Name of a replica of customer. Default: all. */
  replica: z.string().optional(),
});

const breakerParams = z.object({
  name: z
    .string()
    .regex(/^[\w.-]{1,100}$/, 'must be the name of a circuit breaker')
    .refine(isPathSegment, 'must be the name of a circuit breaker'),
});

const processParams = z.object({
  name: z.string().regex(/^\w[\w.-]{0,99}$/, 'must be the name of a replica'),
  action: z.enum(processActions),
});

/** What the routes change. */
export interface Controlled {
  readonly monitor: SystemMonitor;
  readonly load: LoadGenerator;
  /** Undefined when processes cannot be killed and frozen. */
  readonly processes: ProcessControl | undefined;
}

/**
 * Registers the routes that change the system. The console forwards changes of faults and circuit breakers with the token
 * of the request, which the services check. Experiments need no token, and load is sent by the console itself.
 */
export function addControlRoutes(app: FastifyInstance, { monitor, load, processes }: Controlled): void {
  for (const url of ['/faults', '/faults/timeline']) {
    app.route({
      method: url === '/faults' ? ['PUT', 'PATCH', 'DELETE'] : ['PUT', 'DELETE'],
      url,
      handler: async (request, reply) => {
        const { replica: wanted } = faultsQuery.parse(request.query);
        await monitor.findReplicas();
        const chosen = monitor.customers.all.filter(({ replica: { name } }) => (wanted ?? name) === name);
        if (wanted !== undefined && chosen.length === 0) {
          return reply.status(404).send({ detail: `No replica of customer has the name ${wanted}.` });
        }
        const responses = await forward(chosen, url, forwarded(request));
        monitor.expectChanges();
        return send(reply, responses);
      },
    });
  }

  const reads = new ConcurrentReads<Forwarded>();
  app.get('/faults', async (request, reply) => {
    const read = async () => {
      await monitor.findReplicas();
      return forward(monitor.customers.all, '/faults', { ...forwarded(request), method: 'GET' });
    };
    return send(reply, await reads.share(request.headers.authorization ?? '', read));
  });

  app.post('/breakers/:name', async (request, reply) => {
    const { name } = breakerParams.parse(request.params);
    const { updateState, replicas } = breakerBody.parse(request.body);
    await monitor.findReplicas();
    const accounts = monitor.accounts.all;
    const unknown = replicas?.filter((name) => !accounts.some(({ replica }) => replica.name === name)) ?? [];
    if (unknown.length > 0) {
      return reply.status(503).send({ detail: `No replica of account has the name ${unknown.join(' or ')}.` });
    }
    const chosen = accounts.filter(({ replica }) => replicas?.includes(replica.name) ?? true);
    const path = `/actuator/circuitbreakers/${pathSegment(name)}`;
    const responses = await forward(chosen, path, { ...forwarded(request), body: { updateState } });
    monitor.expectChanges();
    return send(reply, responses);
  });

  app.post('/processes/:name/:action', async (request, reply) => {
    const { name, action } = processParams.parse(request.params);
    if (processes === undefined) {
      const detail = 'Replicas can be killed and frozen only in the system that npm run demo starts.';
      return reply.status(404).send({ detail });
    }
    const { status, body } = await processes.change(name, action, request.headers.authorization);
    if (status === 0) return reply.status(502).send({ detail: `The demo does not respond: ${String(body)}.` });
    const { detail } = Object(body) as { readonly detail?: string };
    return reply.status(status).send(status < 300 ? body : { detail });
  });

  app.put('/load', async (request, reply) => {
    const plan = loadBody.parse(request.body);
    if (!load.state.isAllowed) {
      return reply.status(403).send({ detail: 'Sending load is disabled. Start the console with CONSOLE_LOAD=true.' });
    }
    load.start(plan);
    return load.state;
  });

  app.delete('/load', async () => {
    load.stop();
    return load.state;
  });

  app.post('/experiments/:name', async (request, reply) => {
    const { name: breaker } = breakerParams.parse(request.params);
    // The others are not for everyone: an experiment resets its circuit breaker, also one that an operator has forced open.
    if (!experiments.some(({ name }) => name === breaker)) {
      const names = experiments.map(({ name }) => name).join(', ');
      return reply.status(404).send({ detail: `There is no experiment ${breaker}. There are ${names}.` });
    }
    const { replica: wanted } = experimentBody.parse(request.body ?? {});
    await monitor.findReplicas();
    const candidates = monitor.accounts.all.filter(({ replica: { name } }) => (wanted ?? name) === name);
    if (wanted !== undefined && candidates.length === 0) {
      return reply.status(404).send({ detail: `No replica of account has the name ${wanted}.` });
    }
    const available = candidates.filter(({ replica: { problem } }) => problem === null);
    if (available.length === 0) {
      const problems = candidates.map(({ replica: { name, problem } }) => `${name}: ${problem}`);
      return reply
        .status(503)
        .send({ detail: `No replica of account is available (${problems.join(', ') || 'none is known'}).` });
    }
    const account = available.find(({ replica: { breakers } }) => Object.hasOwn(breakers, breaker));
    if (account === undefined) {
      return reply.status(404).send({ detail: `No replica of account has a circuit breaker ${breaker}.` });
    }
    return streamExperiment(reply, account, breaker);
  });
}

/** Streams the results of an experiment as they arrive, unlike `callReplica`, which waits for the whole response. */
async function streamExperiment(
  reply: FastifyReply,
  { url, replica }: Pick<AccountMonitor, 'url' | 'replica'>,
  breaker: string,
): Promise<FastifyReply> {
  const end = new AbortController();
  reply.raw.once('close', () => end.abort());
  const timeout = setTimeout(() => end.abort(new DOMException('no response', 'TimeoutError')), firstResultTimeoutMs);
  const lookups: CustomerLookups = { times: lookupsPerExperiment, breaker, customerId: 'c-1001', reset: true };
  try {
    const response = await fetch(`${url}/experiments/customer-lookups`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(lookups),
      redirect: 'error',
      signal: end.signal,
    });
    return reply
      .status(response.status)
      .type(response.headers.get('content-type') ?? 'application/json')
      .send(response.body);
  } catch (error) {
    // The page has disconnected: there is no client left, and nothing has failed.
    if (reply.raw.destroyed) return reply.hijack();
    return reply.status(502).send({ detail: `${replica.name} does not respond: ${connectionFailure(error)}.` });
  } finally {
    clearTimeout(timeout);
  }
}

const forwarded = ({ method, headers, body }: FastifyRequest): ReplicaRequest => ({
  method,
  authorization: headers.authorization,
  body: body ?? undefined,
  timeoutMs: replicaTimeoutMs,
});

/** The responses of all replicas to one request. */
type Forwarded = readonly { readonly replica: string; readonly status: number; readonly body: unknown }[];

/** Sends a request to each replica. */
const forward = (
  replicas: readonly { readonly url: string }[],
  path: string,
  request: ReplicaRequest,
): Promise<Forwarded> =>
  Promise.all(
    replicas.map(async ({ url }) => {
      const { status, instance, body } = await callReplica(`${url}${path}`, request);
      return { replica: instance ?? new URL(url).host, status, body };
    }),
  );

/** Responds with the responses of all replicas; the status is the highest of theirs. */
function send(reply: FastifyReply, replicas: Forwarded): FastifyReply {
  if (replicas.length === 0) return reply.status(503).send({ detail: 'There is no such replica.' });
  const worst = Math.max(...replicas.map(({ status }) => (status === 0 ? 502 : status)));
  return reply.status(worst < 300 ? 200 : worst).send({ replicas });
}
