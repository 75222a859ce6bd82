import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readNginxTemplate, workspaceRoot } from '@breakwater/system-runner';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusals } from './refusals.ts';
import { Replica } from './replica.ts';
import { gatewayKinds, RunningGateway } from './running-gateway.ts';

describe.each(gatewayKinds)('a refusal by %s', (kind) => {
  let replica: Replica;
  let gateway: RunningGateway;

  beforeAll(async () => {
    replica = await Replica.respondingWith();
    gateway = await RunningGateway.start(kind, [replica.port]);
  });

  afterAll(async () => {
    await gateway.stop();
    await replica.stop();
  });

  it.each(refusals)('of $title is $status as problem details', async ({ request, status, problem, isInErrorLog }) => {
    const errorLog = gateway.errorLog;

    const response = await gateway.send(request);

    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(response.body)).toEqual({
      type: `urn:breakwater:problem:${problem}`,
      title: expect.any(String),
      detail: expect.any(String),
      status,
      requestId: response.headers.get('x-request-id'),
    });
    expect(response.headers.get('allow')).toBe(
      status === 405 ? 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' : undefined,
    );
    expect(replica.requests).toHaveLength(0);
    expect(gateway.errorLog.slice(errorLog.length)).toMatch(isInErrorLog && kind === 'nginx' ? /^[ -~]+\n$/ : /^$/);
  });

  it('has no body for HEAD', async () => {
    const { status, headers, body } = await gateway.send(
      'HEAD /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );

    expect(status).toBe(404);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(body).toBe('');
  });

  it('is logged with its method and path, without control characters', async () => {
    await gateway.send('PUT /%00?token=s3cret HTTP/1.1\r\nHost: a\r\n\r\n');
    await gateway.send('GET /\x1b[31m HTTP/1.1\r\nHost: a\r\n\r\n');

    const log = JSON.stringify(gateway.accessLog);
    expect(log).not.toMatch(/s3cret|u001b/);
    if (kind === 'nginx')
      expect(gateway.accessLog).toContainEqual(expect.objectContaining({ method: 'PUT', path: '/%00', status: 400 }));
  });
});

describe.each(gatewayKinds)('the rate limit of %s', (kind) => {
  it.each([
    ['a request that is not HTTP', '/%00', 400],
    ['a request for a hidden path', '/metrics', 404],
  ])('applies to %s', async (_, path, status) => {
    const gateway = await RunningGateway.start(kind, [1], { GATEWAY_RATE_LIMIT: '1r/m', GATEWAY_RATE_BURST: '2' });
    try {
      const responses = [];
      for (let n = 0; n < 4; n += 1) {
        responses.push(await gateway.send(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`));
      }

      expect(responses.map((each) => each.status)).toEqual([status, status, status, 429]);
      expect(responses[3]?.headers.get('retry-after')).toBe('1');
      expect(JSON.parse(responses[3]?.body ?? '')).toMatchObject({ type: 'urn:breakwater:problem:too-many-requests' });
      expect(gateway.errorLog).toBe('');
    } finally {
      await gateway.stop();
    }
  });
});

describe('docs/problems.md', () => {
  it('lists the problems of nginx/nginx.conf', () => {
    const page = readFileSync(path.join(workspaceRoot, 'docs', 'problems.md'), 'utf8');
    const section = page.split(/^## /m).find((text) => text.startsWith('The load balancer\n')) ?? '';
    const documented = Array.from(
      section.matchAll(/^\| `([a-z-]+)` +\| (\d+) +\| ([^|]+?) +\|/gm),
      ([, ...row]) => row,
    );
    const configured = Array.from(
      readNginxTemplate().matchAll(/^ +(\d+|default) '"type":"urn:breakwater:problem:([a-z-]+)","title":"([^"]+)"/gm),
      ([, status = '', name, title]) => [name, status === 'default' ? '500' : status, title],
    );

    expect(configured.length).toBeGreaterThan(10);
    expect(documented).toEqual(configured);
  });
});
