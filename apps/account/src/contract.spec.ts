import { apiIssues } from '@breakwater/service-kit/testing';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { describeContract } from './contract.ts';

describe('the contract', () => {
  it('says of every operation what a client has to know', async () => {
    expect(apiIssues(await describeContract())).toEqual([]);
  });

  it('is in openapi.json as the code has it; npm run generate contracts writes it again', async () => {
    const committed: unknown = JSON.parse(await readFile(new URL('../openapi.json', import.meta.url), 'utf8'));

    expect(JSON.parse(JSON.stringify(await describeContract()))).toEqual(committed);
  });
});
