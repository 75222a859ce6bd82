import { BlockList, isIP } from 'node:net';
import { variable } from '@breakwater/service-kit';
import type { FastifyInstance } from 'fastify';

/** For probes, whose Host is the address of the container. */
const exemptPaths: ReadonlySet<string> = new Set(['/health/live', '/health/ready', '/metrics']);

/** Stands for `localhost`, its subdomains and every loopback address. */
const loopback = 'loopback';

const loopbackAddresses = new BlockList();
loopbackAddresses.addSubnet('127.0.0.0', 8, 'ipv4');
loopbackAddresses.addAddress('::1', 'ipv6');

/** Names of hosts without ports, comma separated. */
export const allowedHosts = () =>
  variable("host names or addresses without ports, comma separated; 'loopback' for this machine", (text) => {
    const names = text.split(',').map((name) => name.trim().toLowerCase());
    return names.every((name) => name === loopback || hostNameOf(name) === name) ? names : undefined;
  });

/**
 * Refuses requests that a page of another site has sent or has caused, with 403.
 *
 * - `Host` has to be allowed. A page whose name leads to this server (DNS rebinding) has its own name there.
 * - `Origin` has to have the host and the port of `Host`. Browsers send it with every request that can change something. The
 *   scheme may differ, because TLS can end in front of the console.
 * - `Sec-Fetch-Site` has to be `same-origin` for requests that change something. Browsers send it only over TLS and to localhost.
 *
 * A client that sends neither of the last two, such as curl, is no browser.
 */
export function refuseForeignRequests(app: FastifyInstance, allowed: readonly string[]): void {
  app.addHook('onRequest', async (request, reply) => {
    if (exemptPaths.has(request.url.split('?', 1)[0] ?? '')) return;
    const { host, origin, 'sec-fetch-site': site = 'same-origin' } = request.headers;
    const refuse = (detail: string) => reply.status(403).send({ detail });

    const name = hostNameOf(host ?? '');
    if (name === undefined || !isAllowed(name, allowed)) {
      return refuse('The console is not served under this host name. ALLOWED_HOSTS lists the names.');
    }
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isSameHost(origin, host ?? '') || (!isRead && site !== 'same-origin')) {
      return refuse('Requests from other sites are not allowed.');
    }
  });
}

const isAllowed = (name: string, allowed: readonly string[]): boolean =>
  allowed.includes(name) || (allowed.includes(loopback) && isLoopback(name));

function isLoopback(name: string): boolean {
  const address = name.replaceAll(/[[\]]/g, '');
  const version = isIP(address);
  if (version > 0) return loopbackAddresses.check(address, version === 4 ? 'ipv4' : 'ipv6');
  return name === 'localhost' || name.endsWith('.localhost');
}

/** The name in a `Host` header, in lower case and without the port; undefined for anything else. */
const hostNameOf = (host: string): string | undefined =>
  /^[\w.:[\]-]+$/.test(host) ? URL.parse(`http://${host}`)?.hostname : undefined;

/** Whether host and port are the same; each scheme has its own default port. The origin `null` has no host. */
function isSameHost(origin: string | undefined, host: string): boolean {
  if (origin === undefined) return true;
  const from = URL.parse(origin);
  return from !== null && from.host !== '' && from.host === URL.parse(`${from.protocol}//${host}`)?.host;
}
