import { Client } from 'pg';

/** What the database says, at one moment, as far as the promise is about it. */
export interface Books {
  readonly accounts: readonly AccountRow[];
  readonly events: readonly EventRow[];
  readonly keys: readonly KeyRow[];
  /** Ids of accounts that wait for their verification. */
  readonly queue: readonly string[];
}

export interface AccountRow {
  readonly id: string;
  readonly customerId: string;
  readonly status: string;
}

/** A step of an account's history; an account's first comes first. */
export interface EventRow {
  readonly accountId: string;
  /** Null for the opening. */
  readonly from: string | null;
  readonly to: string;
}

/** A request that was answered for good. */
export interface KeyRow {
  readonly key: string;
  readonly status: number;
  /** Null where the answer shows no account. */
  readonly accountId: string | null;
}

const connectTimeoutMs = 5_000;

/** Reads the books on a connection of its own, in SQL of its own: nothing of it is the services'. */
export async function readBooks(databaseUrl: string): Promise<Books> {
  return withClient(databaseUrl, async (client) => {
    // One moment for all of them.
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const accounts = await client.query<AccountRow>(
      'SELECT id, customer_id AS "customerId", status FROM account.accounts ORDER BY id',
    );
    const events = await client.query<EventRow>(
      'SELECT account_id AS "accountId", from_status AS "from", to_status AS "to" FROM account.account_events ORDER BY id',
    );
    const keys = await client.query<KeyRow>(
      `SELECT key, response_status AS status, response_body ->> 'id' AS "accountId"
         FROM account.idempotency_keys ORDER BY key`,
    );
    const queue = await client.query<{ id: string }>(
      'SELECT account_id AS id FROM account.pending_verifications ORDER BY account_id',
    );
    await client.query('COMMIT');
    return { accounts: accounts.rows, events: events.rows, keys: keys.rows, queue: queue.rows.map(({ id }) => id) };
  });
}

/** How many accounts are still to be verified. */
export async function countPending(databaseUrl: string): Promise<number> {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM account.accounts WHERE status = 'PENDING_VERIFICATION'`,
    );
    return rows[0]?.count ?? 0;
  });
}

async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs });
  client.on('error', () => {});
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => {});
  }
}
