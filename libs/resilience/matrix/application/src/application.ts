import {
  CircuitBreaker,
  currentCallContext,
  ResilienceActuatorModule,
  ResilienceDeadlineModule,
  ResilienceExceptionFilter,
  ResilienceModule,
  ResilienceRegistries,
  TimeLimiter,
  UsePipeline,
} from '@breakwater/resilience/nest';
import { bindToPrometheus } from '@breakwater/resilience/prometheus';
import { CircuitBreakerHealthIndicator } from '@breakwater/resilience/terminus';
import { Controller, Get, Header, Inject, Injectable, Module, Param } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { APP_FILTER } from '@nestjs/core';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Registry } from 'prom-client';
import { Observable, of } from 'rxjs';

/**
 * The application of every cell of the matrix. It injects by token, because tsx emits no metadata of decorators.
 */
@Injectable()
export class CustomerClient {
  isDown = false;
  attempts = 0;

  @CircuitBreaker({ name: 'customer', fallbackMethod: 'unverified' })
  async verify(id: string, _depth = 1): Promise<string> {
    if (this.isDown) throw new Error('outage');
    return this.find(id);
  }

  /** Stands for a call of another service. */
  async find(id: string): Promise<string> {
    return `${id} is verified`;
  }

  async unverified(id: string, _depth: number, error: unknown): Promise<string> {
    return `${id} is unverified: ${error instanceof Error}`;
  }

  /** Fails once. */
  @UsePipeline('ledger')
  async balance(): Promise<string> {
    this.attempts++;
    if (this.attempts === 1) throw new Error('outage');
    return `balance after ${this.attempts} attempts`;
  }

  @TimeLimiter('history')
  history(): Observable<string> {
    return of('history');
  }

  @CircuitBreaker('strict')
  async strict(): Promise<string> {
    return 'strict';
  }
}

@Controller()
class CustomerController {
  constructor(@Inject(CustomerClient) private readonly client: CustomerClient) {}

  @Get('customers/:id')
  verify(@Param('id') id: string): Promise<string> {
    return this.client.verify(id);
  }

  @Get('balance')
  balance(): Promise<string> {
    return this.client.balance();
  }

  @Get('history')
  history(): Observable<string> {
    return this.client.history();
  }

  @Get('strict')
  strict(): Promise<string> {
    return this.client.strict();
  }

  @Get('deadline')
  deadline(): string {
    return String(currentCallContext().deadline?.remainingMs);
  }
}

@Controller()
class OperationsController {
  private readonly metrics = new Registry();

  constructor(
    @Inject(ResilienceRegistries) registries: ResilienceRegistries,
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(CircuitBreakerHealthIndicator) private readonly breakers: CircuitBreakerHealthIndicator,
  ) {
    bindToPrometheus(registries.policies, this.metrics);
  }

  @Get('health/ready')
  @HealthCheck()
  ready() {
    return this.health.check([() => this.breakers.isHealthy('circuitBreakers')]);
  }

  @Get('metrics')
  @Header('content-type', 'text/plain')
  render(): Promise<string> {
    return this.metrics.metrics();
  }
}

const configuration = ConfigModule.forRoot({
  ignoreEnvFile: true,
  load: [() => ({ resilience: { file: 'resilience.yml' } })],
});

@Module({
  imports: [
    ResilienceModule.forRootAsync({
      imports: [configuration],
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({ configFiles: [config.getOrThrow<string>('resilience.file')] }),
    }),
    ResilienceActuatorModule.forRoot({ token: 'secret' }),
    ResilienceDeadlineModule.forRoot({ timeout: '10s' }),
    TerminusModule,
  ],
  controllers: [CustomerController, OperationsController],
  providers: [
    CustomerClient,
    CircuitBreakerHealthIndicator,
    { provide: APP_FILTER, useClass: ResilienceExceptionFilter },
  ],
})
export class ApplicationModule {}
