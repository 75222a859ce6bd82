import { Answers, NeedsToken, Operation, ProblemException, serviceKitKinds } from '@breakwater/service-kit';
import { Body, Controller, Delete, Get, Inject, Injectable, Patch, Put, UseGuards } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { faultList, faultNames, faultsBody, showPlan, type FaultName, type GivenFaults } from './fault-list.ts';
import { Faults } from './faults.ts';
import { Timeline, timelineBody, timelineReportSchema, type TimelineReport, type TimelineSetting } from './timeline.ts';

/** The token of the guard. */
export const FAULTS_TOKEN = Symbol('FAULTS_TOKEN');

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Admits requests with the token as `Authorization: Bearer …`. */
@Injectable()
export class FaultsGuard implements CanActivate {
  readonly #token: () => string | undefined;

  constructor(@Inject(FAULTS_TOKEN) token: () => string | undefined) {
    this.#token = token;
  }

  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: IncomingHttpHeaders }>();
    const given = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
    // Digests have one length, and the comparison takes the same time wherever they differ.
    const token = this.#token();
    if (token !== undefined && timingSafeEqual(digest(given), digest(token))) return true;

    throw new ProblemException({
      ...serviceKitKinds.unauthorized,
      detail: 'Send the token of FAULTS_TOKEN as Authorization: Bearer …',
      headers: { 'www-authenticate': 'Bearer' },
    });
  }
}

const faultReports = faultList.flatMap(({ name, report }) => (report ? [{ name, report }] : []));

const faultsReportSchema = z
  .object({
    faults: z.record(z.enum(faultNames), z.unknown()).describe('As PUT /faults takes them; null where a fault is off.'),
    active: z.array(z.enum(faultNames)).describe('The faults that can affect requests or probes as they are set.'),
    injected: z
      .record(z.enum(faultNames), z.int().min(0))
      .describe('How many requests or probes each fault has affected since the start.'),
    ...Object.fromEntries(faultReports.map(({ name, report }) => [name, report])),
    timeline: timelineReportSchema,
  })
  .meta({ id: 'Faults', description: 'The faults of this process and their effects.' });

type FaultsReport = z.output<typeof faultsReportSchema>;

const report = (faults: Faults, timeline: Timeline): FaultsReport => ({
  faults: showPlan(faults.plan),
  active: faults.active,
  injected: Object.fromEntries(faultNames.map((name) => [name, faults.affected(name)])) as Record<FaultName, number>,
  ...Object.fromEntries(faultReports.map(({ name }) => [name, faults.report(name) ?? null])),
  timeline: timeline.report,
});

/** Shows and sets the faults of this process, one replica. A change by hand stops the timeline. */
@Controller('faults')
@UseGuards(FaultsGuard)
@NeedsToken()
export class FaultsController {
  constructor(
    private readonly faults: Faults,
    private readonly timeline: Timeline,
  ) {}

  @Get()
  @Operation('showFaults', 'Shows the faults of this process')
  @Answers(200, faultsReportSchema, 'The faults as they are now')
  show(): FaultsReport {
    return report(this.faults, this.timeline);
  }

  @Put()
  @Operation('replaceFaults', 'Sets the given faults and turns off all others')
  @Answers(200, faultsReportSchema, 'The faults as they are now')
  replace(@Body({ schema: faultsBody }) given: GivenFaults): FaultsReport {
    this.timeline.stop();
    this.faults.replace(given, 'PUT /faults');
    return this.show();
  }

  @Patch()
  @Operation('changeFaults', 'Sets the given faults; null turns one off')
  @Answers(200, faultsReportSchema, 'The faults as they are now')
  change(@Body({ schema: faultsBody }) given: GivenFaults): FaultsReport {
    this.timeline.stop();
    this.faults.change(given, 'PATCH /faults');
    return this.show();
  }

  @Delete()
  @Operation('healFaults', 'Turns off all faults, the latency included, and stops the timeline')
  @Answers(200, faultsReportSchema, 'The faults as they are now')
  turnOff(): FaultsReport {
    this.timeline.stop();
    this.faults.replace({}, 'DELETE /faults');
    return this.show();
  }
}

/** Runs a timeline of faults. */
@Controller('faults/timeline')
@UseGuards(FaultsGuard)
@NeedsToken()
export class TimelineController {
  constructor(private readonly timeline: Timeline) {}

  @Get()
  @Operation('showTimeline', 'Shows the timeline of faults and its progress')
  @Answers(200, timelineReportSchema, 'The timeline as it is now')
  show(): TimelineReport {
    return this.timeline.report;
  }

  @Put()
  @Operation('playTimeline', 'Starts a timeline of faults in place of the present one')
  @Answers(200, timelineReportSchema, 'The timeline as it is now')
  start(@Body({ schema: timelineBody }) setting: TimelineSetting): TimelineReport {
    this.timeline.start(setting);
    return this.show();
  }

  @Delete()
  @Operation('stopTimeline', 'Stops the timeline; the faults stay as they are')
  @Answers(200, timelineReportSchema, 'The timeline as it is now')
  stop(): TimelineReport {
    this.timeline.stop();
    return this.show();
  }
}
