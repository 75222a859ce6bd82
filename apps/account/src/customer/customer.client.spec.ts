import { runInRequestContext, traceHeaders } from '@breakwater/service-kit';
import { Deadline, type CallContext } from '@breakwater/resilience';
import { runInCallContext } from '@breakwater/resilience/nest';
import { FakeClock } from '@breakwater/resilience/testing';
import { getEventListeners, once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CustomerClient, CustomerUnavailableError } from './customer.client.ts';

/** A customer service that responds as the test says. `closed` resolves when its first connection is closed. */
async function customerThat(
  responds: RequestListener,
): Promise<{ url: string; requests: IncomingMessage[]; closed: Promise<unknown> }> {
  const requests: IncomingMessage[] = [];
  const { promise: closed, resolve: onClose } = Promise.withResolvers<unknown>();
  const server = createServer((request, response) => {
    requests.push(request);
    responds(request, response);
  });
  server.once('connection', (socket) => socket.once('close', onClose));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, requests, closed };
}

const json =
  (body: unknown, status = 200, contentType = 'application/json'): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': contentType }).end(JSON.stringify(body));
  };

const html =
  (status: number): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'text/html' }).end('<html><h1>404 Not Found</h1></html>');
  };

/** A 404 of customer, or of another service of this project. */
const problem = (name: string): RequestListener =>
  json({ type: `urn:breakwater:problem:${name}`, status: 404 }, 404, 'application/problem+json; charset=utf-8');

const chunk = Buffer.alloc(16 * 1024, ' ');

/** A body without end, as fast as the connection takes it. */
const flood =
  (status: number): RequestListener =>
  (_, response) => {
    const write = () => {
      while (response.write(chunk));
      response.once('drain', write);
    };
    response.writeHead(status, { 'content-type': 'application/json' });
    write();
  };

/** A body without end, of which a byte arrives every few milliseconds. */
const trickle =
  (status: number, onSent: () => void = () => {}): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).write(' ', onSent);
    const timer = setInterval(() => response.write(' '), 5);
    response.once('close', () => clearInterval(timer));
  };

const clientFor = (url: string): CustomerClient => new CustomerClient(url);

/** Finds Ada in a call with this context. */
const findIn = (client: CustomerClient, context: Partial<CallContext>) =>
  runInCallContext(context, () => client.findById('c-1001'));

const ada = { id: 'c-1001', name: 'Ada', status: 'ACTIVE' };

describe('CustomerClient', () => {
  it('finds a customer', async () => {
    const { url, requests } = await customerThat(json(ada));

    await expect(clientFor(url).findById('c-1001')).resolves.toEqual({ id: 'c-1001', status: 'ACTIVE' });

    expect(requests.map((request) => request.url)).toEqual(['/customers/c-1001']);
  });

  it('finds a closed customer', async () => {
    const { url } = await customerThat(json({ ...ada, status: 'CLOSED' }, 200, 'Application/JSON; charset=utf-8'));

    await expect(clientFor(url).findById('c-1001')).resolves.toEqual({ id: 'c-1001', status: 'CLOSED' });
  });

  it('finds no customer when customer responds with 404 of type customer-not-found', async () => {
    const { url } = await customerThat(problem('customer-not-found'));

    await expect(clientFor(url).findById('c-9999')).resolves.toBeUndefined();
  });

  it('passes the request id on', async () => {
    const { url, requests } = await customerThat(json(ada));

    await runInRequestContext({ requestId: 'gate.1' }, () => clientFor(url).findById('c-1001'));
    await clientFor(url).findById('c-1001');

    expect(requests.map(({ headers }) => headers['x-request-id'])).toEqual(['gate.1', undefined]);
  });

  it('continues the trace of the request', async () => {
    const { url, requests } = await customerThat(json(ada));

    const sent = await runInRequestContext({ requestId: 'gate.1' }, async () => {
      await clientFor(url).findById('c-1001');
      return traceHeaders();
    });

    expect(requests.map(({ headers }) => headers['traceparent'])).toEqual([sent['traceparent']]);
  });

  it('passes on the remaining time, in real time', async () => {
    const { url, requests } = await customerThat(json(ada));
    const client = clientFor(url);

    await findIn(client, { deadline: Deadline.after(2_000.5, new FakeClock()) });
    await findIn(client, { deadline: Deadline.after('2s', Object.assign(new FakeClock(), { speed: 4 })) });
    await client.findById('c-1001');

    const sent = requests.map(({ headers }) => headers['x-request-timeout-ms']);
    expect(sent).toEqual(['2000', '500', undefined]);
  });

  it('makes a second attempt over a new connection, and a first one over a kept connection', async () => {
    const { url, requests } = await customerThat(json(ada));
    for (const attempt of [1, 2, 2, 1]) await findIn(clientFor(url), { attempt });

    const connections = [...new Set(requests.map(({ socket }) => socket))];
    expect(requests.map(({ socket }) => connections.indexOf(socket))).toEqual([0, 1, 2, 0]);
  });

  it('calls the endpoint of the call', async () => {
    const chosen = await customerThat(json(ada));
    const client = clientFor('http://127.0.0.1:1');

    await findIn(client, { endpoint: { url: `${chosen.url}/base`, name: 'customer-2' } });

    expect(chosen.requests.map(({ url }) => url)).toEqual(['/base/customers/c-1001']);
  });

  describe('throws a CustomerUnavailableError when customer', () => {
    it.each<[string, RequestListener, RegExp]>([
      ['fails', json({}, 500), /customer responded with 500/],
      ['is overloaded', json({}, 503), /customer responded with 503/],
      ['refuses', json({}, 400), /customer responded with 400/],
      ['responds with something else', json({ name: 'Ada' }), /customer responded with an invalid customer/],
      [
        'does not respond with JSON',
        (_, response) => response.setHeader('content-type', 'application/json').end('<html>'),
        /customer responded with a body that is not JSON/,
      ],
      ['responds with HTML', html(200), /invalid customer: its media type is 'text\/html', not 'application\/json'/],
      ['responds without a media type', (_, response) => response.end(JSON.stringify(ada)), /its media type is ''/],
      ['responds with a problem and status 200', json(ada, 200, 'application/problem+json'), /invalid customer/],
      ['responds with another customer', json({ ...ada, id: 'c-1002' }), /its id is not the requested one$/],
      ['responds with an id in other letters', json({ ...ada, id: 'C-1001' }), /its id is not the requested one/],
      ['responds with an unknown status', json({ ...ada, status: 'SUSPENDED' }), /invalid customer/],
      ['responds without a status', json({ id: 'c-1001' }), /invalid customer/],
      ['responds with a list', json([ada]), /invalid customer/],
      ['responds with null', json(null), /invalid customer/],
      ['responds with 201', json(ada, 201), /customer responded with 201/],
      ['responds with 204', (_, response) => response.writeHead(204).end(), /customer responded with 204/],
      ['responds with a part of a customer', json(ada, 206), /customer responded with 206/],
      ['responds with 410', json({}, 410), /customer responded with 410/],
      // cloudfoundry/servicebroker#216
      ['responds with 404 and HTML', html(404), /404 and media type 'text\/html'.* check the path in CUSTOMER_URL/],
      ['responds with 404 and JSON', json({ title: 'Not Found' }, 404), /404 and media type 'application\/json'/],
      [
        'responds with 404 and the type of a problem, but as JSON',
        json({ type: 'urn:breakwater:problem:customer-not-found', status: 404 }, 404),
        /404 and media type 'application\/json'/,
      ],
      ['responds with 404 without a body', (_, response) => response.writeHead(404).end(), /404 and media type ''/],
      ['responds with 404 of type not-found', problem('not-found'), /not with a problem of type .*customer-not-found/],
      ['responds with 404 of type injected-fault', problem('injected-fault'), /not with a problem of type/],
      ['responds with 404 and null', json(null, 404, 'application/problem+json'), /not with a problem of type/],
      [
        'responds with 404 and half a problem',
        (_, response) => response.writeHead(404, { 'content-type': 'application/problem+json' }).end('{"type":"urn'),
        /customer responded with a body that is not JSON/,
      ],
      [
        'switches protocols',
        (request) =>
          request.socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n'),
        /customer cannot be called: bad upgrade/,
      ],
      ['redirects', (_, response) => response.writeHead(302, { location: '/' }).end(), /responded with 302/],
      ['closes the connection', (request) => request.socket.destroy(), /customer cannot be called/],
      [
        'closes the connection within a response',
        (request, response) => {
          response.writeHead(200, { 'content-length': '100' }).write('{"id":');
          setImmediate(() => request.socket.destroy());
        },
        /customer cannot be called/,
      ],
    ])('%s', async (_, responds, message) => {
      const { url } = await customerThat(responds);

      const failure = await clientFor(url)
        .findById('c-1001')
        .catch((error: unknown) => error);

      expect(failure).toBeInstanceOf(CustomerUnavailableError);
      expect(String(failure)).toMatch(message);
    });

    it('cannot be reached', async () => {
      const finding = clientFor('http://127.0.0.1:1').findById('c-1001');

      await expect(finding).rejects.toThrow(/customer cannot be called: .*(ECONNREFUSED|bad port)/);
    });
  });

  it('rejects with the reason of an abort', async () => {
    const { url, requests } = await customerThat(() => {});
    const caller = new AbortController();
    const reason = new Error('aborted by the caller');

    const finding = findIn(clientFor(url), { signal: caller.signal });
    caller.abort(reason);

    await expect(finding).rejects.toBe(reason);
    expect(requests.length).toBeLessThanOrEqual(1);
  });

  it('throws a CustomerUnavailableError for a 504 long before the deadline of the call', async () => {
    const { url } = await customerThat(json({ title: 'Not answered in time' }, 504));
    const { signal } = new AbortController();

    const found = findIn(clientFor(url), { signal, deadline: Deadline.after('1m', new FakeClock()) });

    await expect(found).rejects.toThrow('customer responded with 504');
  });

  it('can be aborted within a response', async () => {
    const { promise: halfSent, resolve: sentHalf } = Promise.withResolvers<void>();
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    const { url } = await customerThat((request, response) => {
      request.socket.once('close', () => close());
      response.writeHead(200, { 'content-length': '100' }).write('{"id":', () => sentHalf());
    });
    const caller = new AbortController();
    const reason = new Error('aborted by the caller');

    const finding = findIn(clientFor(url), { signal: caller.signal });
    await halfSent;
    caller.abort(reason);

    await expect(finding).rejects.toBe(reason);
    await closed;
  });

  it('sends no request when the caller has aborted', async () => {
    const { url, requests } = await customerThat(json(ada));

    const finding = findIn(clientFor(url), { signal: AbortSignal.abort(new Error('too late')) });

    await expect(finding).rejects.toThrow('too late');
    expect(requests).toEqual([]);
  });

  it('reuses a connection after any response', async () => {
    const statuses = [200, 404, 503, 200];
    const { url, requests } = await customerThat((request, response) =>
      json(ada, statuses[requests.length - 1])(request, response),
    );
    const client = clientFor(url);

    for (const _ of statuses) {
      await client.findById('c-1001').catch(() => {});
      // The connection is free once the response has been read.
      await new Promise((resolve) => setImmediate(resolve));
    }

    expect(new Set(requests.map(({ socket }) => socket)).size).toBe(1);
  });

  // punkpeye/fastmcp#330, async-http-client#1450
  describe.each([200, 201, 302, 404, 500, 503, 504])(
    'when customer responds with %i and a body without end',
    (status) => {
      const isRead = status === 200 || status === 404;

      it('reads no more than 64 kB and closes the connection', async () => {
        const { url, requests, closed } = await customerThat(flood(status));

        const finding = clientFor(url).findById('c-1001');

        await expect(finding).rejects.toThrow(isRead ? 'larger than 65536 bytes' : `customer responded with ${status}`);
        await closed;
        // The buffers of the operating system hold some megabytes at most.
        expect(requests[0]?.socket.bytesWritten).toBeLessThan(16 * 1024 * 1024);
      });

      it('closes the connection at the deadline of the call, however slowly the body arrives', async () => {
        const caller = new AbortController();
        // The caller aborts a call whose body is read. The others have their result: the client itself ends the body.
        const abort = () => isRead && caller.abort(new Error('the time limit'));
        const { url, closed } = await customerThat(trickle(status, abort));
        const deadline = Deadline.after(status === 504 ? 200 : 50, new FakeClock());

        const finding = findIn(clientFor(url), { deadline, signal: caller.signal });

        await expect(finding).rejects.toThrow(isRead ? 'the time limit' : `customer responded with ${status}`);
        await closed;
      });
    },
  );

  it('closes the connection of a discarded body without a deadline, too', async () => {
    const { url, closed } = await customerThat(trickle(500));

    await expect(clientFor(url).findById('c-1001')).rejects.toThrow('customer responded with 500');
    await closed;
  });

  it('closes an idle connection on which bytes arrive', async () => {
    const { url, closed } = await customerThat((request, response) => {
      json(ada)(request, response);
      const timer = setInterval(() => request.socket.write('HTTP/1.1 200 OK\r\n'), 5);
      request.socket.once('close', () => clearInterval(timer));
    });

    await expect(clientFor(url).findById('c-1001')).resolves.toEqual({ id: 'c-1001', status: 'ACTIVE' });
    await closed;
  });

  it('does not take bytes after a response for the response to the next request', async () => {
    const second = JSON.stringify({ ...ada, status: 'CLOSED' });
    const { url, requests } = await customerThat((request, response) => {
      json(ada)(request, response);
      if (requests.length > 1) return;
      const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${second.length}`;
      request.socket.write(`${head}\r\n\r\n${second}`);
    });
    const client = clientFor(url);

    const first = await client.findById('c-1001');
    const next = await client.findById('c-1001').catch(() => {});

    expect(first).toEqual({ id: 'c-1001', status: 'ACTIVE' });
    expect(next?.status).not.toBe('CLOSED');
  });

  it('leaves no listener on the signal of the caller', async () => {
    const { url } = await customerThat(json(ada));
    const { signal } = new AbortController();

    await findIn(clientFor(url), { signal });

    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
