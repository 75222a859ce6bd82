import { Answers, duration, formatDuration, NeedsToken, Operation } from '@breakwater/chassis';
import { Body, Controller, Get, Logger, Put, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { FaultsGuard } from './faults.guard.ts';
import { Latency, maxLatencyMs } from './latency.ts';

const faultsBody = z.strictObject({ latency: duration({ max: maxLatencyMs }) });

const faultsSchema = z
  .object({ latency: z.string() })
  .readonly()
  .meta({ id: 'Faults', description: 'The faults that are on' });

/** The faults that are on. */
export type Faults = z.output<typeof faultsSchema>;

@Controller('faults')
@UseGuards(FaultsGuard)
@NeedsToken()
export class FaultsController {
  private readonly logger = new Logger(FaultsController.name);

  constructor(private readonly latency: Latency) {}

  @Get()
  @Operation('showFaults', 'Shows which faults are on')
  @Answers(200, faultsSchema, 'The faults that are on')
  show(): Faults {
    return { latency: formatDuration(this.latency.ms) };
  }

  @Put()
  @Operation('changeFaults', 'Changes which faults are on')
  @Answers(200, faultsSchema, 'The faults that are on from now on')
  change(@Body({ schema: faultsBody }) { latency }: z.output<typeof faultsBody>): Faults {
    this.latency.set(latency);
    this.logger.warn({ latencyMs: latency }, 'latency changed');
    return this.show();
  }
}
