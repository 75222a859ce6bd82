import { Answers, NeedsToken, Operation } from '@breakwater/chassis';
import { Body, Controller, Delete, Get, Headers, Patch, Put, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { CustomerReplicas, type ReplicaRequest } from './customer-replicas.ts';

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

const everyReplica = 'What each replica said; the status is the worst of theirs';

/**
 * Customer's `/faults` and `/faults/timeline` for all of its replicas at once, for whoever reaches account only. The token
 * is customer's own: it is passed on, and customer checks it.
 */
@Controller('experiments/customer-faults')
@NeedsToken()
export class CustomerFaultsController {
  constructor(private readonly replicas: CustomerReplicas) {}

  @Get()
  @Operation('showCustomerFaults', 'Shows what is wrong with every replica of customer')
  @Answers(200, repliesSchema, everyReplica)
  show(
    @Headers('authorization') authorization: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Replies> {
    return this.relay({ method: 'GET', path: '/faults', authorization }, reply);
  }

  @Put()
  @Operation('replaceCustomerFaults', 'Sets all faults of every replica of customer')
  @Answers(200, repliesSchema, everyReplica)
  replace(
    @Headers('authorization') authorization: string | undefined,
    @Body({ schema: anyFaults }) body: object,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Replies> {
    return this.relay({ method: 'PUT', path: '/faults', authorization, body }, reply);
  }

  @Patch()
  @Operation('changeCustomerFaults', 'Changes the faults that are named in every replica of customer')
  @Answers(200, repliesSchema, everyReplica)
  change(
    @Headers('authorization') authorization: string | undefined,
    @Body({ schema: anyFaults }) body: object,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Replies> {
    return this.relay({ method: 'PATCH', path: '/faults', authorization, body }, reply);
  }

  @Delete()
  @Operation('healCustomer', 'Heals every replica of customer')
  @Answers(200, repliesSchema, everyReplica)
  heal(
    @Headers('authorization') authorization: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Replies> {
    return this.relay({ method: 'DELETE', path: '/faults', authorization }, reply);
  }

  @Put('timeline')
  @Operation('playCustomerTimeline', 'Begins a timeline of faults in every replica of customer')
  @Answers(200, repliesSchema, everyReplica)
  play(
    @Headers('authorization') authorization: string | undefined,
    @Body({ schema: anyFaults }) body: object,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Replies> {
    return this.relay({ method: 'PUT', path: '/faults/timeline', authorization, body }, reply);
  }

  private async relay(request: ReplicaRequest, reply: FastifyReply): Promise<Replies> {
    const replicas = await this.replicas.askAll(request);
    const worst = Math.max(...replicas.map(({ status }) => (status === 0 ? 502 : status)));
    void reply.status(worst < 300 ? 200 : worst);
    return { replicas };
  }
}
