import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { faultsBody, noFaults, showPlan, withGiven } from './fault-list.ts';

const issuesOf = (body: unknown): string[] =>
  faultsBody.safeParse(body).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('the body of /faults', () => {
  it.each([
    {},
    { latency: '0ms' },
    { latency: { p50: '20ms', p90: '80ms', p99: '1s', max: '3s' } },
    {
      errors: [
        { status: 503, rate: 0.1, retryAfter: '2s' },
        { status: 500, rate: 0.2 },
        { status: 404, rate: 0.7 },
      ],
    },
    { hang: { rate: 0 }, reset: { rate: 1 }, malformed: { rate: 0.25 }, unready: true },
    { capacity: { workers: 8, queue: 0, abandonedWork: 'dropped' } },
    { latency: null, errors: null, hang: null, reset: null, malformed: null, unready: null, capacity: null },
  ])('accepts %j, and shows it as it was given', (body) => {
    expect(issuesOf(body)).toEqual([]);
    expect(showPlan(withGiven(noFaults, faultsBody.parse(body)))).toEqual({ ...noFaults, ...body });
  });

  it('keeps abandoned work by default', () => {
    expect(faultsBody.parse({ capacity: { workers: 1, queue: 1 } }).capacity?.abandonedWork).toBe('kept');
  });

  it.each([
    [{ latency: 5 }, 'latency: must be a duration such as 500ms, 2s or 1m, at most 300s'],
    [{ latency: '6m' }, 'latency: must be a duration such as 500ms, 2s or 1m, at most 300s'],
    [{ latency: [] }, 'latency: must be an object such as {"p50":"20ms","p99":"1s","max":"3s"}'],
    [{ latency: { p50: 'soon', max: '1s' } }, 'latency.p50: must be a duration such as 500ms, 2s or 1m, at most 300s'],
    [{ latency: { p50: '1s' } }, 'latency.max: must be a duration such as 500ms, 2s or 1m, at most 300s'],
    [{ latency: { p50: '2s', p90: '1s', max: '3s' } }, 'latency.p90: must be at least p50, which is 2s'],
    [{ errors: {} }, 'errors: must be a list such as [{"status":503,"rate":0.5}]'],
    [{ errors: [{ status: 200, rate: 1 }] }, 'errors.0.status: must be a whole number from 400 to 599'],
    [{ errors: [{ status: 500, rate: '1' }] }, 'errors.0.rate: must be a number from 0 to 1'],
    [
      { errors: [{ status: 500, rate: 1, retryAfter: '1s' }] },
      'errors.0.retryAfter: must be left out unless status is 429 or 503',
    ],
    [
      { errors: [1, 2].map(() => ({ status: 500, rate: 0.75 })) },
      'errors: must be errors whose rates add up to at most 1, not 1.5',
    ],
    [{ errors: Array.from({ length: 21 }, () => ({ status: 500, rate: 0 })) }, 'errors: must be at most 20 errors'],
    [{ hang: true }, 'hang: must be an object such as {"rate":0.5}'],
    [{ reset: { rate: 2 } }, 'reset.rate: must be a number from 0 to 1'],
    [{ malformed: {} }, 'malformed.rate: must be a number from 0 to 1'],
    [{ unready: 'yes' }, 'unready: must be true or false'],
    [{ capacity: { workers: 0, queue: 1 } }, 'capacity.workers: must be a whole number from 1 to 10000'],
    [{ capacity: { workers: 1, queue: -1 } }, 'capacity.queue: must be a whole number from 0 to 100000'],
    [
      { capacity: { workers: 1, queue: 1, abandonedWork: 'lost' } },
      'capacity.abandonedWork: must be one of kept, dropped',
    ],
    [undefined, ': must be an object such as {"latency":"2s"}'],
  ])('refuses %j', (body, issue) => {
    expect(issuesOf(body)).toEqual([issue]);
  });

  it('lists every issue of a body', () => {
    expect(issuesOf({ latency: 'soon', hang: { rate: 3 }, unready: 1 })).toHaveLength(3);
  });

  it('can be described as JSON Schema', () => {
    const { properties } = z.toJSONSchema(faultsBody, { io: 'input' });

    expect(Object.keys(properties ?? {})).toEqual(Object.keys(noFaults));
    expect(JSON.stringify(properties?.['latency'])).toContain('"p50"');
    for (const property of Object.values(properties ?? {})) expect(property).toHaveProperty('description');
  });
});
