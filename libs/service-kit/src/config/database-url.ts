/** Parameters that decide which server is used, and that the driver (node-postgres) ignores. */
const ignored: Readonly<Record<string, string>> = {
  dbname: 'put the name of the database after the slash',
  hostaddr: 'use the address as the host',
  load_balance_hosts: 'only one host is supported',
  passfile: 'put the password in the URL, and the URL in a file (DATABASE_URL_FILE)',
  service: 'put the settings of the service in the URL',
  target_session_attrs: 'use an address that always leads to the primary',
};

/** Values that change nothing where there is only one host. */
const harmless: Readonly<Record<string, string>> = { load_balance_hosts: 'disable', target_session_attrs: 'any' };

/**
 * Finds the part of a PostgreSQL connection URL that is not supported. A Unix socket is a `host` that starts with a slash:
 * `postgres://user@/database?host=/var/run/postgresql`.
 *
 * @returns the reason, as "must …"; undefined for a supported URL, `'invalid'` for any other text
 */
export function findDatabaseUrlFault(text: string): string | undefined {
  const authority = /^postgres(?:ql)?:\/\/(?<authority>[^/?#]*)/.exec(text)?.groups?.['authority'];
  if (authority === undefined) return 'invalid';
  const hosts = authority.slice(authority.lastIndexOf('@') + 1);
  const url = parse(text);
  const parameters = url?.searchParams ?? new URLSearchParams(/\?(?<query>[^#]*)/.exec(text)?.groups?.['query']);
  if (
    hosts.includes(',') ||
    (parameters.get('host') ?? '').includes(',') ||
    (parameters.get('port') ?? '').includes(',')
  )
    return 'must name one host: several are not supported; use an address that always leads to the primary';
  for (const [name, instead] of Object.entries(ignored)) {
    const value = parameters.get(name);
    if (value !== null && value !== harmless[name]) return `must not have ${name}, which is not supported: ${instead}`;
  }
  return url ? undefined : 'invalid';
}

/** The URL; without a host the driver connects to a Unix socket or to localhost, but `URL` refuses a user without a host. */
function parse(text: string): URL | undefined {
  if (URL.canParse(text)) return new URL(text);
  const withHost = text.replace('@/', '@localhost/');
  return URL.canParse(withHost) ? new URL(withHost) : undefined;
}
