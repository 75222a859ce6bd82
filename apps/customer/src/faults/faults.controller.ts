import { Answers, NeedsToken, Operation } from '@breakwater/service-kit';
import { Body, Controller, Delete, Get, Patch, Put, UseGuards } from '@nestjs/common';
import { faultNames, showPlan, type FaultName } from './fault-plan.ts';
import { FaultsGuard } from './faults.guard.ts';
import { faultsReportSchema, type FaultsReport } from './faults-report.schema.ts';
import { faultsBody, type GivenFaults } from './faults.schema.ts';
import { Faults } from './faults.ts';
import { Timeline } from './timeline.ts';

/** Breaks and heals this process. Each replica has to be told by itself. */
@Controller('faults')
@UseGuards(FaultsGuard)
@NeedsToken()
export class FaultsController {
  constructor(
    private readonly faults: Faults,
    private readonly timeline: Timeline,
  ) {}

  @Get()
  @Operation('showFaults', 'Shows what is wrong with this process on purpose')
  @Answers(200, faultsReportSchema, 'The faults as they are now')
  show(): FaultsReport {
    return {
      faults: showPlan(this.faults.plan),
      active: this.faults.active,
      injected: Object.fromEntries(faultNames.map((name) => [name, this.faults.injected(name)])) as Record<
        FaultName,
        number
      >,
      capacity: this.faults.capacity.report ?? null,
      timeline: this.timeline.report,
    };
  }

  /** Sets all faults; what isn't named is healthy. Stops the timeline, as every change by hand does. */
  @Put()
  @Operation('replaceFaults', 'Sets all faults; what is not named is healthy')
  @Answers(200, faultsReportSchema, 'The faults as they are now')
  replace(@Body({ schema: faultsBody }) given: GivenFaults): FaultsReport {
    this.timeline.stop();
    this.faults.replace(given, 'PUT /faults');
    return this.show();
  }

  /** Sets the faults that are named; null heals one. */
  @Patch()
  @Operation('changeFaults', 'Changes the faults that are named; null heals one')
  @Answers(200, faultsReportSchema, 'The faults as they are now')
  change(@Body({ schema: faultsBody }) given: GivenFaults): FaultsReport {
    this.timeline.stop();
    this.faults.change(given, 'PATCH /faults');
    return this.show();
  }

  /** Heals everything, the latency as well. */
  @Delete()
  @Operation('healFaults', 'Heals everything and stops the timeline')
  @Answers(200, faultsReportSchema, 'The faults as they are now')
  heal(): FaultsReport {
    this.timeline.stop();
    this.faults.replace({}, 'DELETE /faults');
    return this.show();
  }
}
