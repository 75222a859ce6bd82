import { ResilienceActuatorModule, ResilienceExceptionFilter, ResilienceModule } from '@breakwater/resilience/nest';
import { CircuitBreakerHealthIndicator } from '@breakwater/resilience/terminus';
import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';

@Module({
  imports: [
    ResilienceModule.forRoot({ configFiles: ['resilience.yml'] }),
    ResilienceActuatorModule.forRoot({ token: process.env['ACTUATOR_TOKEN'] }),
    TerminusModule,
  ],
  providers: [CircuitBreakerHealthIndicator, { provide: APP_FILTER, useClass: ResilienceExceptionFilter }],
})
export class AppModule {}
