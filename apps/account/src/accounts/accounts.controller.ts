import { Answers, serviceKitKinds, Operation, Problems, TakesHeader } from '@breakwater/service-kit';
import { Body, Controller, Get, Headers, Param, Patch, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import {
  idempotencyKeyHeader,
  idempotencyKeySchema,
  idempotencyReplayedHeader,
  parseIdempotencyKey,
} from '../idempotency/idempotency-key.ts';
import { accountKinds } from '../problems/account-problems.ts';
import {
  accountHistorySchema,
  accountPageSchema,
  accountPath,
  accountSchema,
  type Account,
  type AccountEvent,
  type AccountPage,
} from './account.ts';
import { preconditionRequired } from './accounts.problems.ts';
import { AccountsService } from './accounts.service.ts';
import { closeAccountDto } from './close-account.dto.ts';
import { createAccountDto, type CreateAccountDto } from './create-account.dto.ts';
import { entityTagOf, matchesWeakly, parseEntityTags } from './entity-tags.ts';
import { listAccountsQuery, type ListAccountsQuery } from './list-accounts.query.ts';

const accountId = z.uuid('must be a UUID');
const tags = z.string().meta({ examples: ['"1"'] });

const openingHeaders = ['Location', 'ETag', 'Idempotency-Replayed'] as const;

/** What any route here may meet. */
const { 'database-unavailable': databaseUnavailable, 'deadline-exceeded': deadlineExceeded } = serviceKitKinds;

@Controller('accounts')
export class AccountsController {
  constructor(private readonly accounts: AccountsService) {}

  /**
   * 201 with an account that can be used, or 202 with one whose customer is still to be verified. Under an
   * `Idempotency-Key` the same request may come again and is answered the same.
   */
  @Post()
  @Operation('openAccount', 'Opens an account')
  @TakesHeader(
    'Idempotency-Key',
    idempotencyKeySchema.optional(),
    'Under which the request is done once, however often it is sent',
  )
  @Answers(201, accountSchema, 'The account, ready for use', { headers: openingHeaders })
  @Answers(202, accountSchema, 'The account, whose customer is still to be verified', { headers: openingHeaders })
  @Problems(
    accountKinds['invalid-idempotency-key'],
    accountKinds['unknown-customer'],
    accountKinds['idempotency-key-reused'],
    databaseUnavailable,
    deadlineExceeded,
  )
  async create(
    @Body({ schema: createAccountDto }) dto: CreateAccountDto,
    @Headers(idempotencyKeyHeader) idempotencyKey: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Account> {
    const { status, account, replayed } = await this.accounts.createAccount(dto, parseIdempotencyKey(idempotencyKey));
    void reply.status(status).headers({
      location: accountPath(account.id),
      etag: entityTagOf(account.version),
      ...(replayed ? { [idempotencyReplayedHeader]: 'true' } : {}),
    });
    return account;
  }

  /** A page of accounts, the newest first; the next is in `nextCursor` and in `Link`. */
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

  /** 304 where the client has it already. */
  @Get(':id')
  @Operation('findAccount', 'Finds an account by id')
  @TakesHeader('If-None-Match', tags.optional(), 'The versions that the client has already')
  @Answers(200, accountSchema, 'The account', { headers: ['ETag'] })
  @Answers(304, undefined, 'The client has it already', { headers: ['ETag'] })
  @Problems(accountKinds['account-not-found'], databaseUnavailable, deadlineExceeded)
  async findById(
    @Param('id', { schema: accountId }) id: string,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Account | undefined> {
    const account = await this.accounts.findById(id);
    void reply.header('etag', entityTagOf(account.version));
    if (ifNoneMatch === undefined || !matchesWeakly(parseEntityTags(ifNoneMatch), account.version)) return account;
    void reply.status(304);
    return undefined;
  }

  /** What happened to an account, the opening first. */
  @Get(':id/history')
  @Operation('findAccountHistory', 'Tells what happened to an account')
  @Answers(200, accountHistorySchema, 'All that happened to it, the opening first')
  @Problems(accountKinds['account-not-found'], databaseUnavailable, deadlineExceeded)
  findHistory(@Param('id', { schema: accountId }) id: string): Promise<AccountEvent[]> {
    return this.accounts.findHistory(id);
  }

  /** Closes an account, which must be the one that the client has seen (`If-Match`). */
  @Patch(':id')
  @Operation('closeAccount', 'Closes an account')
  @TakesHeader('If-Match', tags, 'The version of the account that is to be closed, as its ETag said')
  @Answers(200, accountSchema, 'The account, closed', { headers: ['ETag'] })
  @Problems(
    accountKinds['account-not-found'],
    accountKinds['account-not-active'],
    accountKinds['precondition-failed'],
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
