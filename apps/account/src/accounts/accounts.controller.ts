import { Body, Controller, Get, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Account } from './account.ts';
import { AccountsService } from './accounts.service.ts';
import { createAccountDto, type CreateAccountDto } from './create-account.dto.ts';

const accountId = z.uuid('must be a UUID');

@Controller('accounts')
export class AccountsController {
  constructor(private readonly accounts: AccountsService) {}

  /** 201 with an account that can be used, or 202 with one whose customer is still to be verified. */
  @Post()
  async create(
    @Body({ schema: createAccountDto }) dto: CreateAccountDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Account> {
    const account = await this.accounts.createAccount(dto);
    void reply.status(account.status === 'ACTIVE' ? 201 : 202).header('location', `/accounts/${account.id}`);
    return account;
  }

  @Get(':id')
  findById(@Param('id', { schema: accountId }) id: string): Promise<Account> {
    return this.accounts.findById(id);
  }
}
