import {
  Answers,
  serviceKitKinds,
  Operation,
  ProblemException,
  Problems,
  RequestSignal,
} from '@breakwater/service-kit';
import { Controller, Get, Param, Res } from '@nestjs/common';
import type { Exchange } from '../faults/fault.ts';
import { Faults } from '../faults/faults.ts';
import { customerKinds } from '../problems/customer-problems.ts';
import { customerId, customerSchema, type Customer } from './customer.ts';
import { CustomersRepository } from './customers.repository.ts';

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
    customerKinds['capacity-exceeded'],
    serviceKitKinds['database-unavailable'],
    serviceKitKinds['deadline-exceeded'],
  )
  async findById(
    @Param('id', { schema: customerId }) id: string,
    @RequestSignal() signal: AbortSignal,
    @Res({ passthrough: true }) exchange: Exchange,
  ): Promise<Customer | string> {
    const customer = await this.faults.strike({ exchange, signal }, () => this.customers.findById(id));
    if (customer) return this.faults.malformed.spoil(exchange, customer);

    throw new ProblemException({ ...customerKinds['customer-not-found'], detail: `There is no customer ${id}.` });
  }
}
