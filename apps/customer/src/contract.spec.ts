import { apiIssues, documentedProblems } from '@breakwater/service-kit/testing';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { describeContract } from './contract.ts';
import { customerKinds } from './customers/customers.module.ts';
import { faultKinds } from './faults/fault.ts';

describe('the contract', () => {
  it('describes every operation completely', async () => {
    expect(apiIssues(await describeContract())).toEqual([]);
  });

  it('is what openapi.json has; `npm run generate contracts` updates it', async () => {
    const committed: unknown = JSON.parse(await readFile(new URL('../openapi.json', import.meta.url), 'utf8'));

    expect(JSON.parse(JSON.stringify(await describeContract()))).toEqual(committed);
  });

  it('has the problems that docs/problems.md lists', () => {
    expect(documentedProblems('Customer')).toEqual({ ...customerKinds, ...faultKinds });
  });
});
