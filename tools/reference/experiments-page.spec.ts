import { describe, expect, it } from 'vitest';
import { experimentSection, openedAfterCall, overview } from './experiment-tables.ts';
import { playExperiments } from './experiments.ts';
import { filledIn } from './markdown.ts';

const page = 'docs/experiments.md';
const played = await playExperiments();

it("docs/experiments.md says what the circuit breaker does; if not, 'npm run generate reference' writes it anew", async () => {
  const sections = played.map(experimentSection).join('\n\n');

  const asItShouldBe = await filledIn(page, { overview: overview(played), experiments: sections });

  await expect(asItShouldBe).toMatchFileSnapshot(`../../${page}`);
});

describe('In virtual time', () => {
  it.each(played)('$experiment.name comes out as the demo expects it', ({ experiment: { expectation }, calls }) => {
    expect({
      openedAfterCall: openedAfterCall(calls) ?? null,
      notPermitted: calls.filter(({ isPermitted }) => !isPermitted).length,
      finalState: calls.at(-1)?.state,
      evaluated: calls.some(({ failureRate, slowCallRate }) => failureRate >= 0 || slowCallRate >= 0),
    }).toStrictEqual({
      openedAfterCall: expectation.openedAfterCall,
      notPermitted: expectation.notPermitted,
      finalState: expectation.finalState,
      evaluated: expectation.evaluated,
    });
  });
});
