import type { IncomingMessage } from 'node:http';
import type { GatewayRules } from './gateway-rules.ts';

/**
 * The path of a URL as nginx compares it with locations: decoded, without query, dot segments and repeated slashes.
 *
 * @param url as in the request line: a path, or an absolute URL
 * @returns undefined for a URL that nginx refuses
 */
export function normalizePath(url: string): string | undefined {
  const path = originFormOf(url).split(/[?#]/, 1)[0] ?? '';
  if (!path.startsWith('/') || /%(?![0-9a-f]{2})|%00/i.test(path)) return undefined;
  const decoded = path.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCodePoint(Number.parseInt(hex, 16)),
  );
  const segments: string[] = [];
  for (const segment of decoded.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments.pop() === undefined) return undefined;
  }
  const isFolder = segments.length > 0 && /\/\.{0,2}$/.test(decoded);
  return `/${segments.join('/')}${isFolder ? '/' : ''}`;
}

/** Path and query of a URL, without its scheme and host. */
export function originFormOf(url: string): string {
  const rest = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return rest === url || rest.startsWith('/') ? rest : `/${rest}`;
}

/** The status with which nginx refuses a request because of its head; undefined for a request that is forwarded. */
export function refusalOf(request: IncomingMessage, rules: GatewayRules): number | undefined {
  const { method = '', url = '', httpVersionMajor, httpVersion, headers, rawHeaders } = request;
  const requestLine = method.length + url.length + ' HTTP/1.1\r\n'.length;
  if (requestLine > rules.lineLimitBytes) return 414;
  if (httpVersionMajor > 1) return 505;
  const path = normalizePath(url);
  if (httpVersionMajor < 1 || path === undefined) return 400;

  let head = requestLine;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const line = `${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`.length;
    if (line > rules.lineLimitBytes) return 431;
    head += line;
  }
  if (head > rules.headLimitBytes) return 431;

  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1') || /[/\s]|\.\./.test(headers.host ?? '')) return 400;
  if (method === 'TRACE') return 405;
  if (!['', 'chunked'].includes(headers['transfer-encoding']?.toLowerCase() ?? '') || !rules.methods.test(method))
    return 501;
  return rules.routeOf(path).target === 'nowhere' ? 404 : undefined;
}

/** The status for a request that Node refuses while it reads it. */
export function statusOfParseError({ code, message, rawPacket }: ParseError): number {
  const text = Buffer.isBuffer(rawPacket) ? rawPacket.toString('latin1') : '';
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return text.includes('\n') ? 431 : 414;
    case 'HPE_INVALID_METHOD':
      return /^[A-Z_-]+ \//.test(text) ? 501 : 400;
    case 'HPE_INVALID_TRANSFER_ENCODING':
      // Node uses the same code for a request with a Content-Length, too.
      return message.includes('Content-Length') ? 400 : 501;
    case 'HPE_INVALID_VERSION':
      return /^[^\r\n]* HTTP\/[2-9]/.test(text) ? 505 : 400;
    default:
      return 400;
  }
}

/** An error of Node's parser. */
export interface ParseError extends Error {
  readonly code?: string | undefined;
  /** What was read last. */
  readonly rawPacket?: unknown;
}
