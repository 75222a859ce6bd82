import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listen } from './ports.ts';
import { newTrace, requireSpans, type Span, spansOf } from './traces.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const span = (id: string, parentId: string | undefined, service: string, tags: Span['tags']): Span => ({
  id,
  parentId,
  service,
  name: `span ${id}`,
  tags,
  resource: {},
});
const client = (attribute: string) => ({ 'span.kind': 'client', [attribute]: 'x' });
const complete = [
  span('1', 'b7ad6b7169203331', 'account', { 'span.kind': 'server' }),
  span('2', '1', 'account', client('http.request.method')),
  span('3', '1', 'account', client('db.system.name')),
  span('4', '2', 'customer', { 'span.kind': 'server' }),
  span('5', '4', 'customer', client('db.system.name')),
];

/** A stand-in for Jaeger's API. */
async function jaegerWith(traceId: string, body: object): Promise<string> {
  const server = createServer(({ url }, response) => {
    response.writeHead(url === `/api/traces/${traceId}` ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(url === `/api/traces/${traceId}` ? body : { data: null, errors: [{ code: 404 }] }));
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return listen(server);
}

describe('newTrace', () => {
  it('has a sampled traceparent with the id of the trace', () => {
    const { traceId, traceparent } = newTrace();

    expect(traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    expect(newTrace().traceId).not.toBe(traceId);
  });
});

describe('spansOf', () => {
  it('reads spans with their tags, their parents, and the attributes of their processes', async () => {
    const url = await jaegerWith('abc', {
      data: [
        {
          spans: [
            {
              spanID: '2',
              operationName: 'SELECT',
              processID: 'p1',
              references: [
                { refType: 'FOLLOWS_FROM', spanID: '9' },
                { refType: 'CHILD_OF', spanID: '1' },
              ],
              tags: [{ key: 'span.kind', value: 'client' }],
            },
          ],
          processes: { p1: { serviceName: 'account', tags: [{ key: 'k8s.pod.name', value: 'account-1' }] } },
        },
      ],
    });

    expect(await spansOf(url, 'abc')).toEqual([
      {
        id: '2',
        parentId: '1',
        service: 'account',
        name: 'SELECT',
        tags: { 'span.kind': 'client' },
        resource: { 'k8s.pod.name': 'account-1' },
      },
    ]);
  });

  it('has no spans of a trace that Jaeger does not know', async () => {
    expect(await spansOf(await jaegerWith('abc', {}), 'other')).toEqual([]);
  });
});

describe('requireSpans', () => {
  it('accepts the spans of both services', () => {
    expect(() => requireSpans(complete, traceparent)).not.toThrow();
  });

  it.each([
    ['1', 'server span of account'],
    ['2', 'HTTP client span of account'],
    ['3', 'database span of account'],
    ['4', 'server span of customer'],
    ['5', 'database span of customer'],
  ])('refuses a trace without span %s, the %s', (missing, what) => {
    const spans = complete.filter(({ id }) => id !== missing);

    expect(() => requireSpans(spans, traceparent)).toThrow(`The trace has no ${what}: span `);
  });

  it.each([[undefined], ['6']])('refuses a span whose parent %s is not in the trace', (parentId) => {
    const spans = [...complete, span('7', parentId, 'customer', {})];

    expect(() => requireSpans(spans, traceparent)).toThrow('The span span 7 of customer has no parent in its trace');
  });
});
