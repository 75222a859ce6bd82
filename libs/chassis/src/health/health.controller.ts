import { Controller, Get, Header, HttpCode, Res } from '@nestjs/common';
import { Readiness, type ReadinessReport } from './readiness.ts';

/** Where an orchestrator and a load balancer look. */
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** The process runs. It asks nobody: restarting us doesn't heal a neighbour. */
  @Get('live')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  /** The service can do its work: 200, or 503. */
  @Get('ready')
  @Header('cache-control', 'no-store')
  async ready(@Res({ passthrough: true }) response: { status(code: number): unknown }): Promise<ReadinessReport> {
    const report = await this.readiness.report();
    response.status(report.status === 'ready' ? 200 : 503);
    return report;
  }
}
