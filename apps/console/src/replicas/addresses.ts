import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** Finds the addresses of a host. */
export type Resolve = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

const systemResolve: Resolve = (host) => lookup(host, { all: true, order: 'ipv4first' });

/**
 * A URL for each address that the host has now: behind one name there may be several replicas, and each of them has circuit
 * breakers and faults of its own. The URL itself where the host cannot be resolved.
 *
 * @param url a base URL
 */
export async function addressesOf(url: string, resolve: Resolve = systemResolve): Promise<string[]> {
  const { hostname } = new URL(url);
  if (isIP(hostname.replaceAll(/[[\]]/g, '')) > 0) return [url];
  const found = await resolve(hostname).catch(() => []);
  // A host with addresses of both kinds is one host.
  const family = found[0]?.family;
  const same = found.filter((each) => each.family === family).map(({ address }) => withHost(url, address));
  return same.length > 0 ? same : [url];
}

function withHost(url: string, address: string): string {
  const changed = new URL(url);
  changed.hostname = isIP(address) === 6 ? `[${address}]` : address;
  return changed.href.replace(/\/$/, '');
}
