import { Answers, serviceKitKinds, NeedsToken, Operation, ProblemException, Problems } from '@breakwater/service-kit';
import { Body, Controller, Delete, Get, Headers, Patch, Put } from '@nestjs/common';
import { z } from 'zod';
import { accountKinds } from '../problems/account-problems.ts';
import { CustomerReplicas, type ReplicaAnswer, type ReplicaRequest } from './customer-replicas.ts';

/** What faults there may be is customer's to say. */
const anyFaults = z.looseObject({});

const repliesSchema = z.object({
  replicas: z.array(
    z.object({
      replica: z.string().describe('Its URL.'),
      status: z.int().describe('Of HTTP; 0 where the replica could not be reached.'),
      body: z.unknown().describe('What it said.'),
    }),
  ),
});

type Replies = z.output<typeof repliesSchema>;

const everyReplica = 'What each replica said, all of them having agreed';

/**
 * Customer's `/faults` for all of its replicas at once, for whoever reaches account only. The token
 * is customer's own: it is passed on, and customer checks it.
 */
@Controller('experiments/customer-faults')
@NeedsToken()
export class CustomerFaultsController {
  constructor(private readonly replicas: CustomerReplicas) {}

  @Get()
  @Operation('showCustomerFaults', 'Shows what is wrong with every replica of customer')
  @Answers(200, repliesSchema, everyReplica)
  @Problems(accountKinds['customer-not-told'])
  show(@Headers('authorization') authorization: string | undefined): Promise<Replies> {
    return this.relay({ method: 'GET', path: '/faults', authorization });
  }

  @Put()
  @Operation('replaceCustomerFaults', 'Sets all faults of every replica of customer')
  @Answers(200, repliesSchema, everyReplica)
  @Problems(accountKinds['customer-not-told'])
  replace(
    @Headers('authorization') authorization: string | undefined,
    @Body({ schema: anyFaults }) body: object,
  ): Promise<Replies> {
    return this.relay({ method: 'PUT', path: '/faults', authorization, body });
  }

  @Patch()
  @Operation('changeCustomerFaults', 'Changes the faults that are named in every replica of customer')
  @Answers(200, repliesSchema, everyReplica)
  @Problems(accountKinds['customer-not-told'])
  change(
    @Headers('authorization') authorization: string | undefined,
    @Body({ schema: anyFaults }) body: object,
  ): Promise<Replies> {
    return this.relay({ method: 'PATCH', path: '/faults', authorization, body });
  }

  @Delete()
  @Operation('healCustomer', 'Heals every replica of customer')
  @Answers(200, repliesSchema, everyReplica)
  @Problems(accountKinds['customer-not-told'])
  heal(@Headers('authorization') authorization: string | undefined): Promise<Replies> {
    return this.relay({ method: 'DELETE', path: '/faults', authorization });
  }

  private async relay(request: ReplicaRequest): Promise<Replies> {
    const replicas = await this.replicas.askAll(request);
    if (replicas.every(({ status }) => status >= 200 && status < 300)) return { replicas };
    throw notTold(replicas);
  }
}

/** Customer's own word where it is about the request, so that whoever asked can correct it. */
function notTold(replicas: ReplicaAnswer[]): ProblemException {
  const extensions = { replicas };
  const statuses = new Set(replicas.map(({ status }) => status));
  if (statuses.has(401)) {
    return new ProblemException({
      ...serviceKitKinds.unauthorized,
      detail: 'Customer takes the token of its FAULTS_TOKEN as a bearer token.',
      headers: { 'www-authenticate': 'Bearer' },
      extensions,
    });
  }
  if (statuses.has(400)) {
    const detail = 'These are no faults that customer can have. See replicas for what is wrong with them.';
    return new ProblemException({ ...serviceKitKinds['invalid-request'], detail, extensions });
  }
  const detail = `Of ${replicas.length} replicas of customer, not all did what was asked. See replicas.`;
  return new ProblemException({ ...accountKinds['customer-not-told'], detail, extensions });
}
