import { LocalSystem } from '@breakwater/local-system';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, phone, type View, whyNoChromium, wide } from './chromium.ts';
import { Visit } from './visit.ts';

let system: LocalSystem;
let chromium: { readonly browser: Browser; close(): Promise<void> };
let visit: Visit | undefined;

const patience = { timeout: 30_000 };

const missing = whyNoChromium();
if (missing !== undefined) process.stderr.write(`NOT CHECKED: ${missing}\n`);

beforeAll(async () => {
  if (missing !== undefined) return;
  chromium = await launchChromium();
  system = await LocalSystem.prepare({
    console: true,
    database: 'own',
    timeScale: 4,
    env: { account: { DEMO_MODE: 'true' }, customer: { CUSTOMER_LATENCY: '10ms' } },
  });
  await system.start();
});

afterEach(async () => {
  await visit?.end();
  visit = undefined;
});

afterAll(async () => {
  await chromium?.close();
  await system?.stop();
  system?.removeFiles();
});

async function open(view: View = wide): Promise<Visit['page']> {
  visit = await Visit.begin(chromium.browser, system.consoleUrl!, view);
  await visit.page.getByText('Live', { exact: true }).waitFor(patience);
  return visit.page;
}

const card = (page: Visit['page'], replica: string) => page.getByRole('article', { name: `customer on ${replica}` });

async function enterTokens(page: Visit['page']): Promise<void> {
  await page.getByLabel("Customer's faults").fill(system.faultsToken);
  await page.getByLabel("Account's actuator").fill(system.actuatorToken);
}

async function waitForState(page: Visit['page'], replica: string, ...states: string[]): Promise<void> {
  await expect.poll(() => card(page, replica).getAttribute('data-state'), patience).toBeOneOf(states);
}

/** What hangs in each replica of customer, from itself. */
async function customerFaults(): Promise<string[][]> {
  const authorization = `Bearer ${system.faultsToken}`;
  const answers = await Promise.all(
    system.customerUrls.map((url) => fetch(`${url}/faults`, { headers: { authorization } })),
  );
  const reports: { active: string[] }[] = await Promise.all(answers.map((answer) => answer.json()));
  return reports.map(({ active }) => active.filter((fault) => fault !== 'latency'));
}

describe.skipIf(missing !== undefined)('the console', () => {
  it('shows every replica, and loads nothing from elsewhere', async () => {
    const page = await open();

    await card(page, 'account-1').waitFor(patience);
    await card(page, 'account-2').waitFor(patience);
    await page.getByText('customer-2', { exact: true }).waitFor(patience);

    expect(await page.title()).toBe('Breakwater console');
    expect(visit?.foreignRequests).toEqual([]);
    expect(visit?.complaints).toEqual([]);
  });

  it('shows live what clients are answered', async () => {
    const page = await open();

    await page.getByRole('button', { name: 'Start' }).click();

    const answers = page.getByRole('list', { name: 'Answers' });
    await answers.getByText('201').waitFor(patience);
    await expect.poll(() => page.getByText(/^opened/).textContent(), patience).toMatch(/opened [1-9]/);
    await expect
      .poll(() => card(page, 'account-1').locator('.cell-SUCCESS').count(), patience)
      .toBeGreaterThanOrEqual(5);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Start' }).waitFor(patience);
  });

  it('opens the circuit breakers with errors of customer, and closes them when it is healed', async () => {
    const page = await open();
    await enterTokens(page);
    await page.getByRole('button', { name: 'Start' }).click();
    await waitForState(page, 'account-1', 'CLOSED');

    await page.getByRole('button', { name: 'Errors', exact: true }).click();
    await waitForState(page, 'account-1', 'OPEN', 'HALF_OPEN');
    await waitForState(page, 'account-2', 'OPEN', 'HALF_OPEN');
    await page.getByText('state transition').first().waitFor(patience);

    await page.getByRole('button', { name: 'Heal' }).click();
    await waitForState(page, 'account-1', 'CLOSED');
    await waitForState(page, 'account-2', 'CLOSED');
    await page.getByRole('button', { name: 'Stop' }).click();
    expect(visit?.complaints).toEqual([]);
  });

  it('changes nothing without a token, and says so', async () => {
    const page = await open();

    await page.getByRole('button', { name: 'Hang' }).click();
    await page.getByText('This takes a token').waitFor(patience);

    await page.getByLabel("Customer's faults").fill('a-wrong-token');
    await page.getByRole('button', { name: 'Hang' }).click();
    await page.getByText('That token is not the right one').waitFor(patience);

    await card(page, 'account-1').getByRole('button', { name: 'Force open' }).click();
    await page.getByText('This takes a token').waitFor(patience);
    expect(await card(page, 'account-1').getAttribute('data-state')).toBe('CLOSED');
    expect(await customerFaults()).toEqual([[], []]);
  });

  it('forces a circuit breaker open on one replica, and closes it', async () => {
    const page = await open();
    await enterTokens(page);

    await card(page, 'account-2').getByRole('button', { name: 'Force open' }).click();
    await waitForState(page, 'account-2', 'FORCED_OPEN');
    expect(await card(page, 'account-1').getAttribute('data-state')).toBe('CLOSED');

    await card(page, 'account-2').getByRole('button', { name: 'Close' }).click();
    await waitForState(page, 'account-2', 'CLOSED');
  });

  it('makes an experiment while one looks', async () => {
    const page = await open();
    await enterTokens(page);
    await page.getByRole('button', { name: 'Slow', exact: true }).click();

    const experiment = page.getByRole('article', { name: 'Slow calls count' });
    await experiment.getByRole('button', { name: 'Run' }).click();
    await experiment.getByRole('button', { name: 'Run again' }).waitFor(patience);

    expect(await experiment.locator('.cell-SLOW_SUCCESS').count()).toBe(10);
    expect(await experiment.locator('.cell-REFUSED').count()).toBe(10);
    await page.getByRole('button', { name: 'Heal' }).click();
    await page.getByText('Done.').waitFor(patience);
  });

  it.each([
    ['in light', { ...wide, colorScheme: 'light' }],
    ['in dark', { ...wide, colorScheme: 'dark' }],
    ['on a phone, in light', { ...phone, colorScheme: 'light' }],
    ['on a phone, in dark', { ...phone, colorScheme: 'dark' }],
  ] as const)('is accessible %s', async (_, view) => {
    const page = await open(view);
    await card(page, 'account-1').waitFor(patience);

    expect(await visit?.violations()).toEqual([]);
    expect(await visit?.overflow()).toBe(0);
  });

  it('can be used by keyboard', async () => {
    const page = await open();
    await card(page, 'account-1').waitFor(patience);
    const reached = new Set<string>();

    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press('Tab');
      reached.add(await page.evaluate('document.activeElement?.textContent || document.activeElement?.type'));
    }

    expect([...reached]).toEqual(expect.arrayContaining(['Start', 'Heal', 'Errors', 'password', 'Run', 'Pause']));
  });
});
