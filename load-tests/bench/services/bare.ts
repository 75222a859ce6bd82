/**
 * The limit that account is measured by: the same account opened with Fastify, pg and undici alone. Same statements in one
 * transaction, same call to customer, same idempotency keys, one request log. It has no policies, deadlines, metrics or
 * problem details, and serves nothing but `POST /accounts`.
 */
import fastify from 'fastify';
import { createHash } from 'node:crypto';
import { Pool, type PoolClient } from 'pg';
import { Agent, request } from 'undici';
import { v7 as uuidv7 } from 'uuid';

const { PORT = '', HOST = '', DATABASE_URL = '', CUSTOMER_URL = '' } = process.env;

interface Opening {
  readonly customerId: string;
  readonly currency: string;
  readonly label?: string;
}

interface Stored {
  readonly fingerprint: string;
  readonly status: number;
  readonly body: string;
}

/** Named statements are prepared once for each connection. */
const statements = {
  find: `select fingerprint, response_status as status, response_body::text as body from account.idempotency_keys
         where key = $1 and created_at > now() - interval '24 hours'`,
  storeKey: `insert into account.idempotency_keys (key, fingerprint, response_status, response_body)
             values ($1, $2, $3, $4)
             on conflict (key) do update set fingerprint = $2, response_status = $3, response_body = $4, created_at = now()
             where idempotency_keys.created_at <= now() - interval '24 hours'
             returning key`,
  storeAccount: `insert into account.accounts (id, customer_id, currency, label, balance, status, version, verified_at,
                   verified_by, created_at, updated_at)
                 values ($1, $2, $3, $4, 0, 'ACTIVE', 1, $5, 'CUSTOMER', $5, $5)`,
  storeEvent: `insert into account.account_events (account_id, from_status, to_status, reason, happened_at)
               values ($1, null, 'ACTIVE', 'Opened for a verified customer.', $2)`,
} as const;

const pool = new Pool({ connectionString: DATABASE_URL, max: 10 });

const run = (database: Pool | PoolClient, name: keyof typeof statements, values: readonly unknown[]) =>
  database.query({ name, text: statements[name], values: [...values] });

const find = async (database: Pool | PoolClient, key: string): Promise<Stored | undefined> =>
  (await run(database, 'find', [key])).rows[0] as Stored | undefined;

const agent = new Agent();

/** Whether customer knows the customer. */
async function exists(customerId: string): Promise<boolean> {
  const { statusCode, body } = await request(`${CUSTOMER_URL}/customers/${customerId}`, { dispatcher: agent });
  const customer = (await body.json()) as { readonly id: string; readonly status: string };
  return statusCode === 200 && customer.id === customerId && customer.status === 'ACTIVE';
}

/** @returns the response of an earlier request with this key; undefined when this one was stored */
async function store(key: string, { fingerprint, status, body }: Stored, opened: readonly unknown[], at: Date) {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const { rowCount } = await run(client, 'storeKey', [key, fingerprint, status, body]);
    const earlier = rowCount === 0 ? await find(client, key) : undefined;
    if (earlier === undefined) {
      await run(client, 'storeAccount', [...opened, at]);
      await run(client, 'storeEvent', [opened[0], at]);
    }
    await client.query('commit');
    client.release();
    return earlier;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

const app = fastify({ logger: true });

const schema = {
  body: {
    type: 'object',
    required: ['customerId', 'currency'],
    additionalProperties: false,
    properties: {
      customerId: { type: 'string', pattern: '^[a-z0-9-]{1,64}$' },
      currency: { type: 'string', pattern: '^[A-Z]{3}$' },
      label: { type: 'string', minLength: 1, maxLength: 100 },
    },
  },
  headers: { type: 'object', required: ['idempotency-key'] },
} as const;

app.post<{ Body: Opening }>('/accounts', { schema }, async ({ headers, body }, reply) => {
  const { customerId, currency, label = null } = body;
  const key = String(headers['idempotency-key']);
  const fingerprint = createHash('sha256')
    .update(`POST /accounts\n${JSON.stringify(body)}`)
    .digest('hex');
  let stored = await find(pool, key);
  if (stored === undefined) {
    if (!(await exists(customerId))) return reply.status(422).send({ title: 'Unknown customer' });
    const [id, at] = [uuidv7(), new Date()];
    const now = at.toISOString();
    const account = {
      id,
      customerId,
      currency,
      label,
      balance: {
        amount: 0,
        currency,
      },
      status: 'ACTIVE',
      version: 1,
      verifiedAt: now,
      verifiedBy: 'CUSTOMER',
      createdAt: now,
      updatedAt: now,
    };
    const opened: Stored = { fingerprint, status: 201, body: JSON.stringify(account) };
    stored = (await store(key, opened, [id, customerId, currency, label], at)) ?? opened;
  }
  if (stored.fingerprint !== fingerprint) return reply.status(422).send({ title: 'The key was used before' });
  return reply.status(stored.status).headers({ 'content-type': 'application/json', etag: '"1"' }).send(stored.body);
});

app.get('/health/ready', { logLevel: 'silent' }, async () => {
  await pool.query('select 1');
  return { status: 'ok' };
});

process.once('SIGTERM', () => void app.close().then(() => pool.end()));

await app.listen({ port: Number(PORT), host: HOST });
