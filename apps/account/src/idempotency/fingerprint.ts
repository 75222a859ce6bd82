import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/** What a request asks for, as far as it tells one from another. */
export interface AskedFor {
  readonly method: string;
  /** The route's template, such as `/accounts`. */
  readonly route: string;
  /** As the route's schema has validated it. */
  readonly body: unknown;
}

/** SHA-256, as 64 hexadecimal digits, by which a request under a known key shows to be the same or another. */
export function fingerprintOf({ method, route, body }: AskedFor): string {
  return createHash('sha256')
    .update(`${method} ${route}\n${canonicalJson(body)}`)
    .digest('hex');
}
