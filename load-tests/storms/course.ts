import type { Course } from '@breakwater/resilience/doctor';
import { isVerifiedNow } from '../runner/responses.ts';
import type { ClientRequest, ServiceSample } from '../runner/run-record.ts';

/** The seconds of a course: before the trigger, of the trigger, and after it. */
export interface CourseSeconds {
  readonly before: number;
  readonly trigger: number;
  readonly after: number;
}

/**
 * The course of a run of the real system, as the doctor has it of a simulated one. Requests belong to the second of their
 * arrival; the calls that customer received and those that wait are interpolated between samples.
 *
 * @param fromMs when the first second begins
 */
export function courseOf(
  requests: readonly ClientRequest[],
  services: readonly ServiceSample[],
  fromMs: number,
  { before, trigger, after }: CourseSeconds,
): Course {
  const seconds = Array.from({ length: before + trigger + after }, (_, second) => fromMs + second * 1_000);
  const bySecond = Map.groupBy(requests, ({ atMs }) => Math.floor((atMs - fromMs) / 1_000));
  const arrivals = seconds.map((_, second) => bySecond.get(second) ?? []);
  const calls = (atMs: number) => valueAt(services, atMs, ({ customerCalls }) => sum(customerCalls));
  const waiting = (atMs: number) => valueAt(services, atMs, ({ waitingCalls }) => sum(waitingCalls));
  return {
    warmUp: before,
    trigger,
    arrivals: arrivals.map(({ length }) => length),
    verified: arrivals.map((each) => each.filter(isVerifiedNow).length),
    attempts: seconds.map((atMs) => Math.round(calls(atMs + 1_000) - calls(atMs))),
    backlog: seconds.map((atMs) => Math.round(waiting(atMs + 1_000))),
  };
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, each) => total + each, 0);

/** Between the samples around a moment; before the first and after the last one, their values. */
function valueAt(samples: readonly ServiceSample[], atMs: number, of: (sample: ServiceSample) => number): number {
  const next = samples.find((sample) => sample.atMs >= atMs);
  const last = samples.findLast((sample) => sample.atMs < atMs);
  if (next === undefined || last === undefined) return of((next ?? last)!);
  const share = (atMs - last.atMs) / (next.atMs - last.atMs);
  return of(last) + share * (of(next) - of(last));
}
