import { writeFile } from 'node:fs/promises';
import { apiListing, apiListingFile } from './api-listing.ts';

/** `npm run generate api`: writes the listing of the public surface anew, to be read before it is committed. */
await writeFile(apiListingFile, await apiListing());
process.stdout.write(`Wrote ${apiListingFile}\n`);
