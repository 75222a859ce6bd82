import { duration, formatDuration } from '@breakwater/chassis';
import { Body, Controller, Get, Logger, Put, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { FaultsGuard } from './faults.guard.ts';
import { Latency, maxLatencyMs } from './latency.ts';

const faultsBody = z.strictObject({ latency: duration({ max: maxLatencyMs }) });

/** The faults that are on. */
export interface Faults {
  readonly latency: string;
}

@Controller('faults')
@UseGuards(FaultsGuard)
export class FaultsController {
  private readonly logger = new Logger(FaultsController.name);

  constructor(private readonly latency: Latency) {}

  @Get()
  show(): Faults {
    return { latency: formatDuration(this.latency.ms) };
  }

  @Put()
  change(@Body({ schema: faultsBody }) { latency }: z.output<typeof faultsBody>): Faults {
    this.latency.set(latency);
    this.logger.warn({ latencyMs: latency }, 'latency changed');
    return this.show();
  }
}
