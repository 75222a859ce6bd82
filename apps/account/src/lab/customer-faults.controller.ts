import { callReplica, replicaUrls, type ReplicaRequest } from '@breakwater/contracts/replicas';
import { withoutSecrets } from '@breakwater/contracts/without-secrets';
import { Answers, serviceKitKinds, NeedsToken, Operation, ProblemException, Problems } from '@breakwater/service-kit';
import { Body, Controller, Delete, Get, Headers, Patch, Put } from '@nestjs/common';
import { z } from 'zod';
import { labKinds } from './lab.problems.ts';

/** A request to the faults endpoint of a replica. */
type FaultsRequest = Omit<ReplicaRequest, 'timeoutMs'>;

/** The response of a replica. */
interface ReplicaReply {
  /** The replica's URL, without secrets. */
  readonly replica: string;
  /** The HTTP status; 0 when the replica could not be reached. */
  readonly status: number;
  /** Parsed JSON or text; null when the replica could not be reached. */
  readonly body: unknown;
}

const replicaTimeoutMs = 5_000;

/**
 * The replicas of the customer service, including those behind one host name. Faults are set per process: a request through a
 * load balancer, or to a name with several addresses, would change only one of them.
 */
export class CustomerReplicas {
  readonly #urls: readonly string[];

  /** @param urls base URLs, whose host may be a name with several addresses */
  constructor(urls: readonly string[]) {
    this.#urls = urls;
  }

  /** Sends a request to `/faults` of all replicas at once. A replica that cannot be reached is listed like the others. */
  async sendToAll(request: FaultsRequest): Promise<ReplicaReply[]> {
    const replicas = (await Promise.all(this.#urls.map((url) => replicaUrls(url)))).flat();
    return Promise.all([...new Set(replicas)].map((replica) => send(replica, request)));
  }
}

async function send(replica: string, request: FaultsRequest): Promise<ReplicaReply> {
  const { status, body } = await callReplica(`${replica}/faults`, { ...request, timeoutMs: replicaTimeoutMs });
  // Without a response, callReplica returns the reason as the body; this API returns null.
  return { replica: withoutSecrets(replica), status, body: status === 0 ? null : body };
}

/** Customer itself validates the faults. */
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

// prose-allow told: the type of the problem is part of the API
const { 'customer-not-told': customerNotChanged } = labKinds;

type Replies = z.output<typeof repliesSchema>;

const everyReplica = 'The response of each replica; all of them are successes';

/**
 * Customer's `/faults` for all of its replicas at once, for clients that can reach only account. The bearer token is passed on:
 * customer checks it.
 */
@Controller('experiments/customer-faults')
@NeedsToken()
export class CustomerFaultsController {
  constructor(private readonly replicas: CustomerReplicas) {}

  @Get()
  @Operation('showCustomerFaults', 'Shows the faults of every replica of customer')
  @Answers(200, repliesSchema, everyReplica)
  @Problems(customerNotChanged)
  show(@Headers('authorization') authorization: string | undefined): Promise<Replies> {
    return this.relay({ method: 'GET', authorization });
  }

  @Put()
  @Operation('replaceCustomerFaults', 'Sets all faults of every replica of customer')
  @Answers(200, repliesSchema, everyReplica)
  @Problems(customerNotChanged)
  replace(
    @Headers('authorization') authorization: string | undefined,
    @Body({ schema: anyFaults }) body: object,
  ): Promise<Replies> {
    return this.relay({ method: 'PUT', authorization, body });
  }

  @Patch()
  @Operation('changeCustomerFaults', 'Changes the named faults of every replica of customer')
  @Answers(200, repliesSchema, everyReplica)
  @Problems(customerNotChanged)
  change(
    @Headers('authorization') authorization: string | undefined,
    @Body({ schema: anyFaults }) body: object,
  ): Promise<Replies> {
    return this.relay({ method: 'PATCH', authorization, body });
  }

  @Delete()
  @Operation('healCustomer', 'Removes all faults of every replica of customer')
  @Answers(200, repliesSchema, everyReplica)
  @Problems(customerNotChanged)
  heal(@Headers('authorization') authorization: string | undefined): Promise<Replies> {
    return this.relay({ method: 'DELETE', authorization });
  }

  private async relay(request: FaultsRequest): Promise<Replies> {
    const replicas = await this.replicas.sendToAll(request);
    if (replicas.every(({ status }) => status >= 200 && status < 300)) return { replicas };
    throw rejection(replicas);
  }
}

/** A 401 or 400 of a replica becomes the client's, since the client can correct the request; all others become a 502. */
function rejection(replicas: ReplicaReply[]): ProblemException {
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
  return new ProblemException({ ...customerNotChanged, detail, extensions });
}
