import { once } from 'node:events';
import { createServer, request, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ApiServer, responseTo } from './api-server.ts';

const json = { 'content-type': 'application/json' };

async function send(respond: RequestListener) {
  const server = createServer(respond).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return request({ port: (server.address() as AddressInfo).port, agent: false }).end();
}

describe('a response of the API server', () => {
  it('has the parsed body when it is JSON, and text otherwise', async () => {
    const object = await send((_request, response) => response.writeHead(200, json).end('{"kind":"Pod"}'));
    expect(await responseTo(object)).toEqual({ status: 200, body: { kind: 'Pod' } });

    const text = await send((_request, response) => response.writeHead(404).end('not found'));
    expect(await responseTo(text)).toEqual({ status: 404, body: 'not found' });
  });

  it('rejects invalid JSON', async () => {
    const sent = await send((_request, response) => response.writeHead(200, json).end('not json'));

    await expect(responseTo(sent)).rejects.toThrow(SyntaxError);
  });

  it('rejects when the connection is lost within the body', async () => {
    const sent = await send(({ socket }, response) => {
      response.writeHead(200, { ...json, 'content-length': 100 });
      response.write('{"kind":', () => socket.destroy());
    });

    await expect(responseTo(sent)).rejects.toThrow('aborted');
  });

  // The timeout of a request destroys it like this. Without a listener, its error would end the process.
  it('rejects when the request is destroyed within the body', async () => {
    const sent = await send((_request, response) => void response.writeHead(200, json).write('{"kind":'));
    sent.once('response', () => setImmediate(() => sent.destroy(new Error('no data'))));

    await expect(responseTo(sent)).rejects.toThrow('no data');
    expect(sent.listenerCount('error')).toBe(1);
  });
});

describe('ApiServer', () => {
  it('reports why the server is not ready, for example a missing certificate', async () => {
    const server = new ApiServer('https://127.0.0.1:2', 'token', '/missing/apiserver.crt');

    expect(await server.whyNotReady()).toMatch(/ENOENT.*\/missing\/apiserver\.crt/);
  });
});
