import { Body, Controller, Get, Headers, Param, Patch, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import {
  idempotencyKeyHeader,
  idempotencyReplayedHeader,
  parseIdempotencyKey,
} from '../idempotency/idempotency-key.ts';
import { accountPath, type Account, type AccountEvent, type AccountPage } from './account.ts';
import { preconditionRequired } from './accounts.problems.ts';
import { AccountsService } from './accounts.service.ts';
import { closeAccountDto } from './close-account.dto.ts';
import { createAccountDto, type CreateAccountDto } from './create-account.dto.ts';
import { entityTagOf, matchesWeakly, parseEntityTags } from './entity-tags.ts';
import { listAccountsQuery, type ListAccountsQuery } from './list-accounts.query.ts';

const accountId = z.uuid('must be a UUID');

@Controller('accounts')
export class AccountsController {
  constructor(private readonly accounts: AccountsService) {}

  /**
   * 201 with an account that can be used, or 202 with one whose customer is still to be verified. Under an
   * `Idempotency-Key` the same request may come again and is answered the same.
   */
  @Post()
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
  findHistory(@Param('id', { schema: accountId }) id: string): Promise<AccountEvent[]> {
    return this.accounts.findHistory(id);
  }

  /** Closes an account, which must be the one that the client has seen (`If-Match`). */
  @Patch(':id')
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
