import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { bindFindings, type CountedFinding } from './bind-findings.ts';

const finding: CountedFinding = { instance: 'customer', code: 'minimum-never-reached', severity: 'error' };

describe('bindFindings', () => {
  it('exports the current findings at each scrape', async () => {
    const registry = new Registry();
    let findings: readonly CountedFinding[] = [finding];
    bindFindings(() => findings, registry);

    expect(await registry.metrics()).toContain(
      'breakwater_doctor_findings{name="customer",code="minimum-never-reached",severity="error"} 1',
    );
    findings = [];

    expect(await registry.metrics()).not.toContain('customer');
  });

  it('adds the extra labels to every series', async () => {
    const registry = new Registry();
    bindFindings(() => [finding], registry, { extraLabels: { application: 'account' } });

    expect(await registry.metrics()).toContain(
      'breakwater_doctor_findings{name="customer",code="minimum-never-reached",severity="error",application="account"} 1',
    );
  });

  it('rejects extra labels that clash with labels of the metric', () => {
    expect(() => bindFindings(() => [finding], new Registry(), { extraLabels: { code: 'any' } })).toThrow(
      /extraLabels\.code is 'any'; allowed: labels other than name, code, severity/,
    );
  });

  it('removes the metric when it is unbound', async () => {
    const registry = new Registry();
    const unbind = bindFindings(() => [finding], registry);

    unbind();

    expect(await registry.metrics()).not.toContain('breakwater_doctor_findings');
  });
});
