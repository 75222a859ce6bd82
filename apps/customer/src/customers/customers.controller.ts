import {
  Answers,
  databaseUnavailable,
  deadlineExceeded,
  Operation,
  ProblemException,
  Problems,
  RequestSignal,
} from '@breakwater/chassis';
import { Controller, Get, Param } from '@nestjs/common';
import { Latency } from '../faults/latency.ts';
import { customerId, customerNotFound, customerSchema, type Customer } from './customer.ts';
import { CustomersRepository } from './customers.repository.ts';

@Controller('customers')
export class CustomersController {
  constructor(
    private readonly customers: CustomersRepository,
    private readonly latency: Latency,
  ) {}

  @Get(':id')
  @Operation('findCustomer', 'Finds a customer by id')
  @Answers(200, customerSchema, 'The customer')
  @Problems(customerNotFound, databaseUnavailable, deadlineExceeded)
  async findById(
    @Param('id', { schema: customerId }) id: string,
    @RequestSignal() signal: AbortSignal,
  ): Promise<Customer> {
    // At the same time, so that the latency is what a caller sees, and not the latency and then some.
    const [customer] = await Promise.all([this.customers.findById(id), this.latency.wait(signal)]);
    if (customer) return customer;

    throw new ProblemException({ ...customerNotFound, detail: `There is no customer ${id}.` });
  }
}
