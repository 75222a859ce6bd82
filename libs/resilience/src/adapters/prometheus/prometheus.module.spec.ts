import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { register, Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { ResilienceActuatorModule } from '../../nest/actuator/actuator.module.ts';
import { DiagnosisSource } from '../../nest/actuator/diagnosis.ts';
import { CircuitBreaker } from '../../nest/decorators.ts';
import { ResilienceModule } from '../../nest/resilience.module.ts';
import { ResiliencePrometheusModule } from './prometheus.module.ts';

@Injectable()
class CustomerClient {
  @CircuitBreaker('customer')
  async find(): Promise<string> {
    return 'found';
  }
}

const call = 'resilience4j_circuitbreaker_calls_seconds_count{name="customer",kind="successful"} 1';

async function start(...modules: Parameters<typeof Test.createTestingModule>[0]['imports'] & object[]) {
  const application = await Test.createTestingModule({
    imports: [ResilienceModule.forRoot({ env: {} }), ...modules],
    providers: [CustomerClient],
  }).compile();
  await application.init();
  await application.get(CustomerClient).find();
  return application;
}

describe('ResiliencePrometheusModule', () => {
  afterEach(() => register.clear());

  it("exports the metrics of the application's policies until it is closed", async () => {
    const application = await start(ResiliencePrometheusModule.forRoot());

    expect(await register.metrics()).toContain(call);
    await application.close();
    expect(await register.metrics()).not.toContain('resilience4j');
  });

  it("exports to a given registry, with its options and the doctor's findings", async () => {
    const registry = new Registry();
    await start(
      ResiliencePrometheusModule.forRootAsync({
        imports: [ResilienceActuatorModule.forRoot()],
        inject: [DiagnosisSource],
        useFactory: (doctor: DiagnosisSource) => ({
          registry,
          extraLabels: { application: 'account' },
          findings: () => doctor.diagnosis().findings,
        }),
      }),
    );

    const metrics = await registry.metrics();
    expect(metrics).toContain(call.replace('kind="successful"', 'kind="successful",application="account"'));
    expect(metrics).toContain('breakwater_doctor_findings');
    expect(await register.metrics()).toBe('\n');
  });

  it('does not start without ResilienceModule', async () => {
    const application = Test.createTestingModule({ imports: [ResiliencePrometheusModule.forRoot()] }).compile();

    await expect(application).rejects.toThrow("can't resolve dependencies");
  });
});
