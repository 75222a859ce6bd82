import { Controller, Get, Header, HttpCode, Res } from '@nestjs/common';
import { z } from 'zod';
import { Answers } from '../openapi/answers.decorator.ts';
import { Operation } from '../openapi/operation.decorator.ts';
import { Readiness, type ReadinessReport } from './readiness.ts';

const liveSchema = z.object({ status: z.literal('live') });

const readinessSchema = z
  .object({
    status: z.enum(['ready', 'not-ready']),
    details: z.record(z.string(), z.looseObject({ status: z.enum(['up', 'degraded', 'down']) })),
  })
  .meta({ id: 'Readiness' });

/** Where an orchestrator and a load balancer look. */
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** The process runs. It asks nobody: restarting us doesn't heal a neighbour. */
  @Get('live')
  @Operation('live', 'Says that the process runs')
  @Answers(200, liveSchema, 'It runs')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  /** The service can do its work: 200, or 503. */
  @Get('ready')
  @Operation('ready', 'Says whether the service can do its work, and why not')
  @Answers(200, readinessSchema, 'It can')
  @Answers(503, readinessSchema, 'It cannot')
  @Header('cache-control', 'no-store')
  async ready(@Res({ passthrough: true }) response: { status(code: number): unknown }): Promise<ReadinessReport> {
    const report = await this.readiness.report();
    response.status(report.status === 'ready' ? 200 : 503);
    return report;
  }
}
