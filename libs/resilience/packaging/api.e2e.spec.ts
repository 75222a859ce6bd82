import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { apiListing, apiListingFile } from './api-listing.ts';

describe('api.md', () => {
  it('lists the public surface as it is', async () => {
    const committed = await readFile(apiListingFile, 'utf8').catch(() => '(no such file)');

    expect(
      await apiListing(),
      'The public surface is not what libs/resilience/api.md says. If that is meant, run `npm run generate api` and commit the file.',
    ).toBe(committed);
  });
});
