import { ChassisModule, HealthModule } from '@breakwater/chassis';
import { scaledClock, systemClock, type Clock } from '@breakwater/resilience';
import { ResilienceModule } from '@breakwater/resilience/nest';
import { Module, type DynamicModule } from '@nestjs/common';
import { AccountsModule } from './accounts/accounts.module.ts';
import type { AccountConfig } from './app.config.ts';
import { CustomerModule } from './customer/customer.module.ts';
import { accountService } from './database/account.service-definition.ts';
import { ExperimentsModule } from './experiments/experiments.module.ts';
import { CustomerIndicator } from './health/customer.indicator.ts';

const besidePackage = (file: string): URL => new URL(`../${file}`, import.meta.url);

/** The account service. */
@Module({})
export class AppModule {
  /** @param clock by which circuit breakers go; default: real time, as many times faster as TIME_SCALE says */
  static forRoot(config: AccountConfig, clock: Clock = clockOf(config)): DynamicModule {
    const configFiles = ['resilience.yml', ...(config.DEMO_MODE ? ['resilience-demo.yml'] : [])].map(besidePackage);
    return {
      module: AppModule,
      imports: [
        ChassisModule.forRoot(accountService, config),
        ResilienceModule.forRoot({ configFiles, clock }),
        HealthModule.forRoot({ indicators: [CustomerIndicator] }),
        CustomerModule.forRoot({
          urls: config.CUSTOMER_URL,
          timeoutMs: Math.ceil(config.CUSTOMER_TIMEOUT / config.TIME_SCALE),
        }),
        AccountsModule,
        ...(config.DEMO_MODE ? [ExperimentsModule.forRoot({ instance: config.INSTANCE_NAME, clock })] : []),
      ],
    };
  }
}

const clockOf = ({ TIME_SCALE }: AccountConfig): Clock => (TIME_SCALE === 1 ? systemClock : scaledClock(TIME_SCALE));
