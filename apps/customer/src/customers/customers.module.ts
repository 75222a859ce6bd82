import {
  Answers,
  Database,
  Operation,
  ProblemException,
  problemKinds,
  Problems,
  RequestSignal,
  serviceKitKinds,
} from '@breakwater/service-kit';
import { Controller, Get, Injectable, Module, Param, Res } from '@nestjs/common';
import { z } from 'zod';
import type { CustomerTables } from '../database/customer.database.ts';
import { faultKinds, type Exchange } from '../faults/fault.ts';
import { Faults } from '../faults/faults.ts';

export const customerKinds = problemKinds({ 'customer-not-found': { status: 404, title: 'Customer not found' } });

export const customerId = z
  .string()
  .regex(/^[a-z0-9-]{1,64}$/, 'must be 1 to 64 lower-case letters, digits or dashes, such as c-1001');

/** A customer as the API returns it. */
const customerSchema = z
  .object({
    id: customerId,
    name: z.string(),
    email: z.email(),
    status: z.enum(['ACTIVE', 'CLOSED']),
    createdAt: z.iso.datetime(),
  })
  .readonly()
  .meta({ id: 'Customer' });

export type Customer = z.output<typeof customerSchema>;

@Injectable()
export class CustomersRepository {
  constructor(private readonly database: Database<CustomerTables>) {}

  async findById(id: string): Promise<Customer | undefined> {
    const row = await this.database.tables
      .selectFrom('customers')
      .select(['id', 'name', 'email', 'status', 'created_at'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (!row) return undefined;
    const { created_at: createdAt, ...customer } = row;
    return { ...customer, createdAt: createdAt.toISOString() };
  }
}

@Controller('customers')
export class CustomersController {
  constructor(
    private readonly customers: CustomersRepository,
    private readonly faults: Faults,
  ) {}

  @Get(':id')
  @Operation('findCustomer', 'Finds a customer by id')
  @Answers(200, customerSchema, 'The customer')
  @Problems(
    customerKinds['customer-not-found'],
    faultKinds['capacity-exceeded'],
    serviceKitKinds['database-unavailable'],
    serviceKitKinds['deadline-exceeded'],
  )
  async findById(
    @Param('id', { schema: customerId }) id: string,
    @RequestSignal() signal: AbortSignal,
    @Res({ passthrough: true }) reply: Exchange['reply'],
  ): Promise<Customer | string> {
    const customer = await this.faults.apply({ reply, signal }, () => this.customers.findById(id));
    if (customer !== undefined) return customer;

    throw new ProblemException({ ...customerKinds['customer-not-found'], detail: `There is no customer ${id}.` });
  }
}

/** `GET /customers/:id`, with the faults that are set. */
@Module({ controllers: [CustomersController], providers: [CustomersRepository] })
export class CustomersModule {}
