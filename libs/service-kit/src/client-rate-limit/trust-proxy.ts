import { isIP } from 'node:net';
import { variable } from '../config/variables.ts';

const named = new Set(['loopback', 'linklocal', 'uniquelocal']);
const maxHops = 10;

/**
 * Whose `X-Forwarded-For` is believed: addresses and networks (`10.0.0.0/8`), `loopback`, `linklocal` or `uniquelocal`,
 * comma separated; or how many proxies stand in front, where their addresses aren't known. The second believes whoever
 * connects, and is safe only where nobody but a proxy can.
 */
export const trustedProxies = () =>
  variable(
    `addresses or networks such as 10.0.0.0/8, comma separated, or a number of proxies from 1 to ${maxHops}`,
    (text) => {
      if (/^\d+$/.test(text)) return Number(text) >= 1 && Number(text) <= maxHops ? Number(text) : undefined;
      const networks = text.split(',').map((network) => network.trim());
      return networks.every((network) => named.has(network) || isNetwork(network)) ? networks : undefined;
    },
  );

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  if (bits === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits);
}

/** The same for Fastify, which takes a number of proxies for none; the nearest is hop 0. */
export const toTrustProxy = (trusted: number | string[]) =>
  typeof trusted === 'number' ? (_address: string, hop: number) => hop < trusted : trusted;
