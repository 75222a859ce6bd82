import { describe, expect, it } from 'vitest';
import { readGatewayLog } from './gateway-log.ts';

const beganAt = Date.parse('2030-01-02T03:04:05Z');
const line = (fields: object): string =>
  JSON.stringify({ msg: 'request', method: 'POST', path: '/accounts', status: 201, ...fields });

describe('readGatewayLog', () => {
  it.each([
    ['nginx', '2030-01-02T03:04:15+00:00', '127.0.0.1:3001', '127.0.0.1:3001, 127.0.0.1:3002'],
    ['the gateway in Node', beganAt + 10_000, 'http://127.0.0.1:3001', 'http://127.0.0.1:3001, http://127.0.0.1:3002'],
  ])('counts the attempts of each request in the log of %s', (_, time, once, twice) => {
    const log = [
      line({ time, durationSeconds: 0.5, upstream: once }),
      line({ time, durationSeconds: 6.5, upstream: twice }),
      line({ time, durationSeconds: 0, upstream: '' }),
    ].join('\n');

    expect(readGatewayLog(log, beganAt)).toEqual([
      { atMs: 9_500, attempts: 1 },
      { atMs: 3_500, attempts: 2 },
      { atMs: 10_000, attempts: 0 },
    ]);
  });

  it('ignores other requests, other messages, and what is not a line of JSON', () => {
    const log = [
      'nginx: [notice] started',
      line({ time: beganAt, path: '/accounts/1', method: 'GET', upstream: '127.0.0.1:3001' }),
      line({ time: beganAt, msg: 'replica did not respond', upstream: '127.0.0.1:3001' }),
      '{"msg":"request","meth',
    ].join('\n');

    expect(readGatewayLog(log, beganAt)).toEqual([]);
  });
});
