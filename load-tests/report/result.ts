import type { JudgedRun } from './terminal.ts';

/** The result of a run as data, without the single requests. */
export function resultOf({ claim, record, measures, judgement }: JudgedRun) {
  const { requests, breakers, services, ...about } = record;
  return {
    ...about,
    claim,
    requests: requests.length,
    measures,
    judgement,
    samples: { breakers: breakers.length, services: services.length },
  };
}
