import { withClient } from '../postgres/index.ts';

/** The content of account's database at one moment, as far as the guarantee concerns it. */
export interface LedgerSnapshot {
  readonly accounts: readonly AccountRow[];
  readonly events: readonly EventRow[];
  readonly keys: readonly KeyRow[];
  /** Ids of accounts with a pending verification. */
  readonly queue: readonly string[];
}

export interface AccountRow {
  readonly id: string;
  readonly customerId: string;
  readonly status: string;
}

/** A status change of an account. The events of an account are in order. */
export interface EventRow {
  readonly accountId: string;
  /** Null for the opening. */
  readonly from: string | null;
  readonly to: string;
}

/** A stored response to a request with an idempotency key. */
export interface KeyRow {
  readonly key: string;
  readonly status: number;
  /** Null when the response contains no account. */
  readonly accountId: string | null;
}

/** Reads the ledger on a new connection with its own SQL: it shares no code with the services. */
export async function readLedger(databaseUrl: string): Promise<LedgerSnapshot> {
  return withClient(databaseUrl, async (client) => {
    // A single snapshot for all queries.
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

/** Number of accounts that are not verified yet. */
export async function countPending(databaseUrl: string): Promise<number> {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM account.accounts WHERE status = 'PENDING_VERIFICATION'`,
    );
    return rows[0]?.count ?? 0;
  });
}

/** The customers that the customer service seeds: `c-1001` to `c-1100`. */
export const seededCustomers = { first: 1001, last: 1100 } as const;

/** Whether a customer exists. Independent of the services, which must come to the same result. */
export function customerExists(customerId: string): boolean {
  const number = Number(/^c-(\d{4})$/.exec(customerId)?.[1]);
  return number >= seededCustomers.first && number <= seededCustomers.last;
}
