import { problemType, ProblemException, RequestSignal } from '@breakwater/chassis';
import { Controller, Get, Param } from '@nestjs/common';
import { Latency } from '../faults/latency.ts';
import { customerId, type Customer } from './customer.ts';
import { CustomersRepository } from './customers.repository.ts';

@Controller('customers')
export class CustomersController {
  constructor(
    private readonly customers: CustomersRepository,
    private readonly latency: Latency,
  ) {}

  @Get(':id')
  async findById(
    @Param('id', { schema: customerId }) id: string,
    @RequestSignal() signal: AbortSignal,
  ): Promise<Customer> {
    // At the same time, so that the latency is what a caller sees, and not the latency and then some.
    const [customer] = await Promise.all([this.customers.findById(id), this.latency.wait(signal)]);
    if (customer) return customer;

    throw new ProblemException({
      type: problemType('customer-not-found'),
      title: 'Customer not found',
      status: 404,
      detail: `There is no customer ${id}.`,
    });
  }
}
