import { Answers, serviceKitKinds, NeedsToken, Operation, ProblemException, Problems } from '@breakwater/service-kit';
import { Body, Controller, Delete, Get, Headers, Patch, Put } from '@nestjs/common';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { z } from 'zod';
import { labKinds } from './lab.problems.ts';

/** A request to every replica. */
export interface ReplicaRequest {
  readonly method: string;
  readonly path: string;
  /** Passed on as received; undefined sends none. */
  readonly authorization: string | undefined;
  /** Sent as JSON; undefined sends none. */
  readonly body?: unknown;
}

/** The response of a replica. */
export interface ReplicaResponse {
  readonly replica: string;
  /** The HTTP status; 0 when the replica could not be reached. */
  readonly status: number;
  /** Parsed where it is JSON. */
  readonly body: unknown;
}

const replicaTimeoutMs = 5_000;

/**
 * The replicas of the customer service, including those behind one name. Faults are set per process: a load balancer, or a
 * name with several addresses, would change only one of them.
 */
export class CustomerReplicas {
  readonly #urls: readonly string[];

  /** @param urls base URLs, whose host may be a name with several addresses */
  constructor(urls: readonly string[]) {
    this.#urls = urls;
  }

  /** Sends a request to all replicas at once. One that cannot be reached is listed like the others. */
  async sendToAll(request: ReplicaRequest): Promise<ReplicaResponse[]> {
    const replicas = (await Promise.all(this.#urls.map(addressesOf))).flat();
    return Promise.all([...new Set(replicas)].map((replica) => send(replica, request)));
  }
}

/** A URL for each current address of the host; the URL itself when there is none. */
async function addressesOf(url: string): Promise<string[]> {
  const { hostname } = new URL(url);
  if (isIP(hostname.replaceAll(/[[\]]/g, '')) > 0) return [url];
  const found = await lookup(hostname, { all: true, order: 'ipv4first' }).catch(() => []);
  // A host with IPv4 and IPv6 addresses is one host.
  const family = found[0]?.family;
  const same = found.filter((each) => each.family === family).map(({ address }) => withHost(url, address));
  return same.length > 0 ? same : [url];
}

function withHost(url: string, address: string): string {
  const changed = new URL(url);
  changed.hostname = isIP(address) === 6 ? `[${address}]` : address;
  return changed.href.replace(/\/$/, '');
}

async function send(replica: string, { method, path, authorization, body }: ReplicaRequest): Promise<ReplicaResponse> {
  try {
    const response = await fetch(`${replica}${path}`, {
      method,
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(replicaTimeoutMs),
    });
    return { replica, status: response.status, body: parsed(await response.text()) };
  } catch {
    return { replica, status: 0, body: null };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Customer itself checks which faults are possible. */
const anyFaults = z.looseObject({});

const repliesSchema = z.object({
  replicas: z.array(
    z.object({
      replica: z.string().describe('The URL of the replica.'),
      status: z.int().describe('The HTTP status; 0 when the replica could not be reached.'),
      body: z.unknown().describe('The body of the response.'),
    }),
  ),
});

type Replies = z.output<typeof repliesSchema>;

const everyReplica = 'The response of each replica; all of them are successes';

/**
 * Customer's `/faults` for all of its replicas at once, for clients that reach only account. The token is customer's own: it
 * is passed on, and customer checks it.
 */
@Controller('experiments/customer-faults')
@NeedsToken()
export class CustomerFaultsController {
  constructor(private readonly replicas: CustomerReplicas) {}

  @Get()
  @Operation('showCustomerFaults', 'Shows the faults of every replica of customer')
  @Answers(200, repliesSchema, everyReplica)
  @Problems(labKinds['customer-not-told'])
  show(@Headers('authorization') authorization: string | undefined): Promise<Replies> {
    return this.relay({ method: 'GET', path: '/faults', authorization });
  }

  @Put()
  @Operation('replaceCustomerFaults', 'Sets all faults of every replica of customer')
  @Answers(200, repliesSchema, everyReplica)
  @Problems(labKinds['customer-not-told'])
  replace(
    @Headers('authorization') authorization: string | undefined,
    @Body({ schema: anyFaults }) body: object,
  ): Promise<Replies> {
    return this.relay({ method: 'PUT', path: '/faults', authorization, body });
  }

  @Patch()
  @Operation('changeCustomerFaults', 'Changes the named faults of every replica of customer')
  @Answers(200, repliesSchema, everyReplica)
  @Problems(labKinds['customer-not-told'])
  change(
    @Headers('authorization') authorization: string | undefined,
    @Body({ schema: anyFaults }) body: object,
  ): Promise<Replies> {
    return this.relay({ method: 'PATCH', path: '/faults', authorization, body });
  }

  @Delete()
  @Operation('healCustomer', 'Removes all faults of every replica of customer')
  @Answers(200, repliesSchema, everyReplica)
  @Problems(labKinds['customer-not-told'])
  heal(@Headers('authorization') authorization: string | undefined): Promise<Replies> {
    return this.relay({ method: 'DELETE', path: '/faults', authorization });
  }

  private async relay(request: ReplicaRequest): Promise<Replies> {
    const replicas = await this.replicas.sendToAll(request);
    if (replicas.every(({ status }) => status >= 200 && status < 300)) return { replicas };
    throw rejection(replicas);
  }
}

/** Customer's own problem where it is about the request, so that the client can correct it. */
function rejection(replicas: ReplicaResponse[]): ProblemException {
  const extensions = { replicas };
  const statuses = new Set(replicas.map(({ status }) => status));
  if (statuses.has(401)) {
    return new ProblemException({
      ...serviceKitKinds.unauthorized,
      detail: 'Customer expects the token of its FAULTS_TOKEN as a bearer token.',
      headers: { 'www-authenticate': 'Bearer' },
      extensions,
    });
  }
  if (statuses.has(400)) {
    const detail = 'Customer does not have these faults. See replicas for the reasons.';
    return new ProblemException({ ...serviceKitKinds['invalid-request'], detail, extensions });
  }
  const detail = `Not all of the ${replicas.length} replicas of customer accepted the request. See replicas.`;
  return new ProblemException({ ...labKinds['customer-not-told'], detail, extensions });
}
