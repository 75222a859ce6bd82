import { type Outage, toSurvive } from '@breakwater/resilience/testing';
import { expect } from 'vitest';

/** Only compiled: the types of Vitest know `toSurvive`. */
export function survive(service: object, outage: Outage): Promise<void> {
  expect.extend({ toSurvive });
  // @ts-expect-error -- toSurvive needs an outage
  void expect(service).toSurvive();
  return expect(service).toSurvive(outage);
}
