import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CustomerReplicas } from './customer-faults.controller.ts';

async function replica(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const put = { method: 'PUT', authorization: 'Bearer t', body: { latency: '2s' } };

describe('CustomerReplicas', () => {
  it('sends the same request with the token of the client to every replica', async () => {
    const received: unknown[] = [];
    const listener: RequestListener = async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      received.push([request.method, request.url, request.headers.authorization, body]);
      response.end('{"active":["latency"]}');
    };
    const urls = [await replica(listener), await replica(listener)].map((port) => `http://127.0.0.1:${port}`);

    const responses = await new CustomerReplicas(urls).sendToAll(put);

    const order = ['PUT', '/faults', 'Bearer t', '{"latency":"2s"}'];
    expect(received).toEqual([order, order]);
    expect(responses).toEqual(urls.map((url) => ({ replica: url, status: 200, body: { active: ['latency'] } })));
  });

  it('sends the request to each address of a host name', async () => {
    const port = await replica((_request, response) => response.end('{}'));

    const responses = await new CustomerReplicas([`http://localhost:${port}`]).sendToAll({ ...put, body: undefined });

    expect(responses).toEqual([{ replica: `http://127.0.0.1:${port}`, status: 200, body: {} }]);
  });

  it('lists replicas that reject the request or cannot be reached', async () => {
    const refusing = await replica((_request, response) => response.writeHead(401).end('who are you?'));
    const urls = [`http://127.0.0.1:${refusing}`, 'http://nowhere.invalid:1'];

    const responses = await new CustomerReplicas(urls).sendToAll({ ...put, authorization: undefined });

    expect(responses.map(({ status, body }) => [status, body])).toEqual([
      [401, 'who are you?'],
      [0, null],
    ]);
  });

  it('names a replica without the password of its URL', async () => {
    const responses = await new CustomerReplicas(['http://u:s3cret@127.0.0.1:1']).sendToAll(put);

    expect(responses).toEqual([{ replica: 'http://u:***@127.0.0.1:1', status: 0, body: null }]);
  });

  // punkpeye/fastmcp#330
  it('lists a replica whose response has no end as one without a response, and closes its connection', async () => {
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    const port = await replica((_request, response) => {
      const write = () => {
        while (response.write(Buffer.alloc(256 * 1024, ' ')));
        response.once('drain', write);
      };
      response.once('close', () => close());
      write();
    });

    const responses = await new CustomerReplicas([`http://127.0.0.1:${port}`]).sendToAll(put);

    expect(responses).toEqual([{ replica: `http://127.0.0.1:${port}`, status: 0, body: null }]);
    await closed;
  });
});
