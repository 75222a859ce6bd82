import { Answers, NeedsToken, Operation } from '@breakwater/service-kit';
import { Body, Controller, Delete, Get, Put, UseGuards } from '@nestjs/common';
import { timelineReportSchema, type TimelineReport } from './faults-report.schema.ts';
import { FaultsGuard } from './faults.guard.ts';
import { timelineBody, type TimelineSetting } from './timeline.schema.ts';
import { Timeline } from './timeline.ts';

/** Faults that change by themselves. */
@Controller('faults/timeline')
@UseGuards(FaultsGuard)
@NeedsToken()
export class TimelineController {
  constructor(private readonly timeline: Timeline) {}

  @Get()
  @Operation('showTimeline', 'Shows the timeline of faults and where it is')
  @Answers(200, timelineReportSchema, 'The timeline as it is now')
  show(): TimelineReport {
    return this.timeline.report;
  }

  /** Begins a timeline, in place of one that plays. */
  @Put()
  @Operation('playTimeline', 'Begins a timeline of faults, in place of one that plays')
  @Answers(200, timelineReportSchema, 'The timeline as it is now')
  start(@Body({ schema: timelineBody }) setting: TimelineSetting): TimelineReport {
    this.timeline.start(setting);
    return this.show();
  }

  /** Plays no further. The faults stay as they are. */
  @Delete()
  @Operation('stopTimeline', 'Plays no further; the faults stay as they are')
  @Answers(200, timelineReportSchema, 'The timeline as it is now')
  stop(): TimelineReport {
    this.timeline.stop();
    return this.show();
  }
}
