import { Database, ProblemException } from '@breakwater/service-kit';
import { Injectable } from '@nestjs/common';
import type { Transaction } from 'kysely';
import type { AccountTables } from '../database/account.tables.ts';
import { accountKinds } from '../problems/account-problems.ts';
import { IdempotencyKeys, type KeyedRequest, type StoredAnswer } from './idempotency-keys.ts';

/** What a request is to be answered with, and what is to be written so that the answer is true. */
export interface Decision<Body extends object> {
  readonly status: number;
  readonly body: Body;
  /** Default: nothing is to be written. */
  readonly write?: (transaction: Transaction<AccountTables>) => Promise<void>;
}

/** What a request is answered with. */
export interface Answer<Body extends object> {
  readonly status: number;
  readonly body: Body;
  /** Whether an earlier request with the same key was answered so. */
  readonly replayed: boolean;
}

/**
 * Does what a request asks for once, however often it comes under its key, at whichever replica: the key, the answer and
 * what the answer promises become visible in one transaction, or none of it does.
 *
 * Nothing is held while a request is being decided. Of several that come at the same time, each decides; the first to
 * write is the one that counts, and all are answered as it was.
 */
@Injectable()
export class IdempotentRequests {
  constructor(
    private readonly database: Database<AccountTables>,
    private readonly keys: IdempotencyKeys,
  ) {}

  /**
   * @param request undefined where the client gave no key: then it is done each time that it comes
   * @param decide what it throws is the answer this time, and is not kept
   * @throws ProblemException 422 when the key was used for another request
   * @throws DatabaseUnavailableError also where nobody knows whether the transaction was committed; the same request
   *   under the same key finds out
   */
  async answer<Body extends object>(
    request: KeyedRequest | undefined,
    decide: () => Promise<Decision<Body>>,
  ): Promise<Answer<Body>> {
    const stored = request && (await this.keys.find(request.key));
    if (stored) return replay<Body>(request, stored);

    const { status, body, write } = await decide();
    const answer = { status, body, replayed: false };
    if (!request && !write) return answer;

    // Read committed, so that whoever waited for another's key then sees what the other wrote.
    const transaction = this.database.tables.transaction().setIsolationLevel('read committed');
    return transaction.execute(async (tables) => {
      if (request && !(await this.keys.insert(request, answer, tables))) {
        return replay<Body>(request, await this.keys.find(request.key, tables));
      }
      await write?.(tables);
      return answer;
    });
  }
}

function replay<Body extends object>({ key, fingerprint }: KeyedRequest, stored: StoredAnswer | undefined) {
  if (!stored) throw new Error(`The idempotency key ${key} is taken and cannot be found.`);
  if (stored.fingerprint !== fingerprint) throw reused(key);
  // The fingerprint names the route: what is stored under it is an answer of the same route.
  return { status: stored.status, body: stored.body as Body, replayed: true };
}

const reused = (key: string): ProblemException =>
  new ProblemException({
    ...accountKinds['idempotency-key-reused'],
    detail: `The idempotency key ${key} was used for another request. A new request needs a new key.`,
  });
