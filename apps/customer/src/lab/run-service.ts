import { runService } from '@breakwater/service-kit';
import { customerService } from '../database/customer.database.ts';
import { createCustomerLab, readCustomerLabConfig } from './customer-lab.ts';

await runService({ service: customerService, readConfig: readCustomerLabConfig, createModule: createCustomerLab });
