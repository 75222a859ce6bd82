import { expect, it } from 'vitest';
import { defaultOrder } from '../../libs/resilience/src/core/pipeline.ts';
import { code, filledIn } from './markdown.ts';
import { referencedPolicies } from './policies.ts';
import { policySection } from './policy-tables.ts';
import { serviceSections } from './services.ts';

const page = 'docs/configuration.md';

it("docs/configuration.md says what the code says; if not, 'npm run generate reference' writes it anew", async () => {
  const policies = referencedPolicies().map(policySection).join('\n\n');
  const order = `${defaultOrder.map(code).join(', ')}.`;

  const asItShouldBe = await filledIn(page, { order, policies, services: serviceSections() });

  await expect(asItShouldBe).toMatchFileSnapshot(`../../${page}`);
});
