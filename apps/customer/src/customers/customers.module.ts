import {
  Answers,
  serviceKitKinds,
  Operation,
  ProblemException,
  Problems,
  RequestSignal,
} from '@breakwater/service-kit';
import { Controller, Get, Module, Param, Res } from '@nestjs/common';
import type { Exchange } from '../faults/fault.ts';
import { Faults } from '../faults/faults.ts';
import { customerKinds } from './customers.problems.ts';
import { customerId, customerSchema, CustomersRepository, type Customer } from './customers.repository.ts';

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
    @Res({ passthrough: true }) reply: Exchange['reply'],
  ): Promise<Customer | string> {
    const customer = await this.faults.apply({ reply, signal }, () => this.customers.findById(id));
    if (customer !== undefined) return customer;

    throw new ProblemException({ ...customerKinds['customer-not-found'], detail: `There is no customer ${id}.` });
  }
}

@Module({ controllers: [CustomersController], providers: [CustomersRepository] })
export class CustomersModule {}
