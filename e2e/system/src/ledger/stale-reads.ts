import { StandInServers } from '@breakwater/system-runner/testing';

/** How long a response may be returned again. */
const lifetimeMs = 2_000;
const forwarded = ['content-type', 'if-match', 'idempotency-key'] as const;

/** A planted defect: a cache in front of the load balancer that does not know of changes. */
export async function staleReads(gatewayUrl: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const cached = new Map<string, { readonly until: number; readonly body: string }>();
  const servers = new StandInServers();
  const url = await servers.start(async (request, response) => {
    const { method = 'GET', url: path = '/' } = request;
    const found = method === 'GET' ? cached.get(path) : undefined;
    if (found !== undefined && found.until > performance.now()) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(found.body);
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers = forwarded.flatMap((name) => {
      const value = request.headers[name];
      return typeof value === 'string' ? [[name, value] as [string, string]] : [];
    });
    const sent = await fetch(`${gatewayUrl}${path}`, {
      method,
      headers,
      ...(method === 'GET' ? {} : { body: Buffer.concat(chunks) }),
    });
    const body = await sent.text();
    if (method === 'GET' && sent.status === 200) cached.set(path, { until: performance.now() + lifetimeMs, body });
    const etag = sent.headers.get('etag');
    response
      .writeHead(sent.status, { 'content-type': 'application/json', ...(etag === null ? {} : { etag }) })
      .end(body);
  });
  return { url, stop: () => servers.stop() };
}
