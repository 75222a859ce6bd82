import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { ServiceName } from './workspace.ts';

/** Whom each service is to PostgreSQL. The rights are granted by the service's migrations. */
const roleNames: Readonly<Record<ServiceName, string>> = {
  account: 'breakwater_account',
  customer: 'breakwater_customer',
};

const connectTimeoutMs = 5_000;

/** Whom a service is to PostgreSQL, and how it connects. */
export interface ServiceLogin {
  /** Undefined where the service works as the owner of its tables. */
  readonly role: string | undefined;
  readonly url: string;
}

/** How each service connects. */
export interface ServiceLogins {
  readonly account: ServiceLogin;
  readonly customer: ServiceLogin;
}

/** The services connect as who owns the tables. */
export function loginsOfOwner(ownerUrl: string): ServiceLogins {
  const login = { role: undefined, url: ownerUrl };
  return { account: login, customer: login };
}

/** Creates a login role for each service, with a password that is new in each run. */
export async function createServiceLogins(ownerUrl: string): Promise<ServiceLogins> {
  const client = new Client({ connectionString: ownerUrl, connectionTimeoutMillis: connectTimeoutMs });
  client.on('error', () => {});
  try {
    await client.connect();
    return {
      account: await createLogin(client, roleNames.account, ownerUrl),
      customer: await createLogin(client, roleNames.customer, ownerUrl),
    };
  } finally {
    await client.end().catch(() => {});
  }
}

async function createLogin(client: Client, role: string, ownerUrl: string): Promise<ServiceLogin> {
  // Letters, digits, dashes and underscores: nothing that would have to be escaped, here or in a URL.
  const password = randomBytes(18).toString('base64url');
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  await client.query(`${rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${role} LOGIN PASSWORD '${password}'`);

  const url = new URL(ownerUrl);
  url.username = role;
  url.password = password;
  return { role, url: url.href };
}
