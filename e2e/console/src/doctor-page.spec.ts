import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { workspaceRoot } from '@breakwater/system-runner';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConsoleVisit, launchChromium, missingChromium, phone, type ViewOptions, wide } from './browser.ts';

const url = pathToFileURL(path.join(workspaceRoot, 'apps/doctor-page/dist/index.html')).href;
const missing = missingChromium();

const budget = `
resilience4j:
  timelimiter.instances.ledger: { timeoutDuration: 1s }
  retry.instances.ledger: { maxAttempts: 3, waitDuration: 10ms, retryBudget: few }
  retrybudget.instances.few: { retryRatio: 0.1, minRetriesPerSecond: 0 }
`;

if (missing !== undefined) process.stderr.write(`NOT CHECKED: ${missing}\n`);

describe.skipIf(missing !== undefined)("the doctor's page, from the file system", () => {
  let chromium: Awaited<ReturnType<typeof launchChromium>>;

  const visit = (options: ViewOptions, fragment = '') =>
    ConsoleVisit.start(chromium.browser, `${url}${fragment}`, options);
  const drawMap = async ({ page }: ConsoleVisit) => {
    await page.getByText('More settings').click();
    await page.getByRole('textbox', { name: 'points' }).fill('3');
    await page.getByRole('textbox', { name: 'workers' }).fill('1');
    await page.getByRole('button', { name: 'Draw the map' }).click();
    await page.getByRole('img', { name: /^The map: / }).waitFor({ timeout: 100_000 });
  };

  beforeAll(async () => {
    chromium = await launchChromium();
  });

  afterAll(() => chromium.close());

  it.each([
    { name: 'a desktop', options: wide },
    { name: 'a phone in the dark', options: { ...phone, colorScheme: 'dark' as const } },
  ])('explains, draws the map and is accessible on $name, without a request to another site', async ({ options }) => {
    const visited = await visit(options);
    await visited.page.getByText('A call that fails is made up to 3 times').waitFor();
    await drawMap(visited);

    expect(await visited.page.getByText(/^The smallest trigger that locks it in/).count()).toBe(1);
    expect(await visited.page.getByRole('img', { name: 'The map with the change' }).count()).toBe(1);
    expect(await visited.page.getByText('storm-stays-down').count()).toBe(1);
    expect(await visited.violations()).toEqual([]);
    expect(await visited.overflow()).toBeLessThanOrEqual(0);
    expect(visited.errors).toEqual([]);
    expect(visited.foreignRequests.filter((request) => !request.startsWith('blob:'))).toEqual([]);
    await visited.end();
  });

  it('carries configuration and settings in the fragment of its link', async () => {
    const first = await visit(wide);
    await first.page.getByRole('textbox', { name: /^application.yml/ }).fill(budget);
    await first.page.getByRole('textbox', { name: 'workers' }).fill('7');
    await first.page.getByText("as far as the budget 'few' permits").waitFor();
    const link = first.page.url();
    await first.end();

    const second = await visit(wide, new URL(link).hash);

    await second.page.getByRole('heading', { name: 'ledger' }).waitFor();
    expect(await second.page.getByRole('textbox', { name: 'workers' }).inputValue()).toBe('7');
    await second.end();
  });

  it('says what is wrong in the text and in a setting', async () => {
    const { page, end } = await visit(wide).then((visited) => ({ page: visited.page, end: () => visited.end() }));
    await page.getByRole('textbox', { name: /^trigger/ }).fill('often');

    await page.getByText(/^Allowed: such as 4x5s/).waitFor();
    expect(await page.getByRole('button', { name: 'Draw the map' }).isDisabled()).toBe(true);

    await page.getByRole('textbox', { name: /^application.yml/ }).fill('resilience4j: [');
    await page.getByRole('alert').waitFor();

    expect(await page.getByRole('alert').textContent()).toContain('application.yml is not valid YAML, line 1');
    await end();
  });
});
