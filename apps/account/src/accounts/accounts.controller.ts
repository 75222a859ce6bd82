import { Answers, serviceKitKinds, Operation, Problems, TakesHeader } from '@breakwater/service-kit';
import { Body, Controller, Get, Headers, Param, Patch, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { idempotencyKeySchema } from '../idempotency/idempotency-key.ts';
import { Idempotent, type Decided } from '../idempotency/idempotent.ts';
import {
  entityTagOf,
  matchesStrongly,
  matchesWeakly,
  parseEntityTags,
  preconditionFailed,
  preconditionRequired,
} from './account-version.ts';
import {
  closeAccountDto,
  createAccountDto,
  listAccountsQuery,
  type CreateAccountDto,
  type ListAccountsQuery,
} from './account.requests.ts';
import {
  accountHistorySchema,
  accountPageSchema,
  accountPath,
  accountSchema,
  type Account,
  type AccountEvent,
  type AccountPage,
} from './account.ts';
import { accountKinds, closedCustomer, unknownCustomer } from './accounts.problems.ts';
import { AccountsService } from './accounts.service.ts';

const accountId = z.uuid('must be a UUID');
const tags = z.string().meta({ examples: ['"1"'] });

const openingHeaders = ['Location', 'ETag', 'Idempotency-Replayed'] as const;

/** Problems of the routes here. */
const {
  'database-unavailable': databaseUnavailable,
  'deadline-exceeded': deadlineExceeded,
  'precondition-failed': preconditionFailedKind,
  'unstorable-text': unstorableText,
} = serviceKitKinds;

@Controller('accounts')
export class AccountsController {
  constructor(private readonly accounts: AccountsService) {}

  /** 201 with an active account, or 202 with one whose customer is verified later. */
  @Post()
  @Operation('openAccount', 'Opens an account')
  @TakesHeader('Idempotency-Key', idempotencyKeySchema.optional(), 'Requests with the same key are executed once')
  @Answers(201, accountSchema, 'The account, ready for use', { headers: openingHeaders })
  @Answers(202, accountSchema, 'The account, whose customer is verified later', { headers: openingHeaders })
  @Problems(
    accountKinds['invalid-idempotency-key'],
    accountKinds['idempotency-key-in-use'],
    accountKinds['unknown-customer'],
    accountKinds['customer-closed'],
    accountKinds['idempotency-key-reused'],
    unstorableText,
    databaseUnavailable,
    deadlineExceeded,
  )
  @Idempotent(({ id, version }: Account) => ({ location: accountPath(id), etag: entityTagOf(version) }))
  async create(@Body({ schema: createAccountDto }) dto: CreateAccountDto): Promise<Decided<Account>> {
    const opened = await this.accounts.open(dto);
    if (opened === 'unknown-customer') return { problem: unknownCustomer(dto.customerId) };
    if (opened === 'customer-closed') return { problem: closedCustomer(dto.customerId) };
    return (epochMicros) => {
      const { account, write } = opened(epochMicros);
      return { status: account.status === 'ACTIVE' ? 201 : 202, body: account, write };
    };
  }

  /** A page of accounts, the newest first; `nextCursor` and `Link` lead to the next page. */
  @Get()
  @Operation('listAccounts', 'Lists accounts, the newest first')
  @Answers(200, accountPageSchema, 'A page of accounts', { headers: ['Link'] })
  @Problems(databaseUnavailable, deadlineExceeded)
  async findPage(
    @Query({ schema: listAccountsQuery }) query: ListAccountsQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AccountPage> {
    const page = await this.accounts.findPage(query);
    if (page.nextCursor !== null) void reply.header('link', `<${urlOf(query, page.nextCursor)}>; rel="next"`);
    return page;
  }

  /** 412 when the version is not in `If-Match`; 304 when the client has it already. */
  @Get(':id')
  @Operation('findAccount', 'Finds an account by id')
  @TakesHeader('If-Match', tags.optional(), 'The versions that the client accepts')
  @TakesHeader('If-None-Match', tags.optional(), 'The versions that the client has')
  @Answers(200, accountSchema, 'The account', { headers: ['ETag'] })
  @Answers(304, undefined, 'The client has this version', { headers: ['ETag'] })
  @Problems(accountKinds['account-not-found'], preconditionFailedKind, databaseUnavailable, deadlineExceeded)
  async findById(
    @Param('id', { schema: accountId }) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Account | undefined> {
    const account = await this.accounts.findById(id);
    const { version } = account;
    if (ifMatch !== undefined && !matchesStrongly(parseEntityTags(ifMatch), version)) {
      throw preconditionFailed(id, version);
    }
    void reply.header('etag', entityTagOf(version));
    if (ifNoneMatch === undefined || !matchesWeakly(parseEntityTags(ifNoneMatch), version)) return account;
    void reply.status(304);
    return undefined;
  }

  /** The history of an account, the opening first. */
  @Get(':id/history')
  @Operation('findAccountHistory', 'Lists the changes of an account')
  @Answers(200, accountHistorySchema, 'The changes, the opening first')
  @Problems(accountKinds['account-not-found'], databaseUnavailable, deadlineExceeded)
  findHistory(@Param('id', { schema: accountId }) id: string): Promise<AccountEvent[]> {
    return this.accounts.findHistory(id);
  }

  /** Closes the version of an account that the client has seen (`If-Match`). */
  @Patch(':id')
  @Operation('closeAccount', 'Closes an account')
  @TakesHeader('If-Match', tags, 'The version of the account to close, from its ETag')
  @Answers(200, accountSchema, 'The account, closed', { headers: ['ETag'] })
  @Problems(
    accountKinds['account-not-found'],
    accountKinds['account-not-active'],
    preconditionFailedKind,
    accountKinds['precondition-required'],
    databaseUnavailable,
    deadlineExceeded,
  )
  async close(
    @Param('id', { schema: accountId }) id: string,
    @Body({ schema: closeAccountDto }) _: unknown,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Account> {
    if (ifMatch === undefined) throw preconditionRequired();
    const account = await this.accounts.close(id, parseEntityTags(ifMatch));
    void reply.header('etag', entityTagOf(account.version));
    return account;
  }
}

function urlOf({ customerId, status, limit }: ListAccountsQuery, cursor: string): string {
  const parameters = { customerId, status, cursor, limit: String(limit) };
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `/accounts?${new URLSearchParams(given).toString()}`;
}
