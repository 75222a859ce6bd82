import { Module } from '@nestjs/common';
import { CustomersController } from './customers.controller.ts';
import { CustomersRepository } from './customers.repository.ts';

@Module({ controllers: [CustomersController], providers: [CustomersRepository] })
export class CustomersModule {}
