import { readFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceRoot } from '@breakwater/system-runner';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { withRecordedRefusals } from './protection.ts';

describe('policies whose circuit breaker records refusals', () => {
  it("are account's with recorded errors", () => {
    const own = readFileSync(path.join(workspaceRoot, 'apps/account/resilience.yml'), 'utf8');
    const { circuitbreaker, ...others } = parse(withRecordedRefusals(own)).resilience4j;
    const { circuitbreaker: before, ...othersBefore } = parse(own).resilience4j;

    expect(others).toEqual(othersBefore);
    expect(circuitbreaker.instances.customer).toEqual({ ...before.instances.customer, recordExceptions: ['Error'] });
  });
});
