import { readFileSync } from 'node:fs';
import { type LocalSystem } from '@breakwater/system-runner';
import { withTokens } from '@breakwater/contracts/console-tokens';
import { startSystem } from '@breakwater/system-runner/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConsoleVisit, launchChromium, missingChromium, phone, type ViewOptions } from './browser.ts';

let system: LocalSystem;
let chromium: { readonly browser: Browser; close(): Promise<void> };
let visit: ConsoleVisit | undefined;
const reports: string[] = [];

const waiting = { timeout: 30_000 };

const missing = missingChromium();
if (missing !== undefined) process.stderr.write(`NOT CHECKED: ${missing}\n`);

beforeAll(async () => {
  if (missing !== undefined) return;
  chromium = await launchChromium();
  // As `npm run demo` does.
  system = await startSystem({
    console: true,
    unexpectedEnd: 'is-restarted',
    processControl: true,
    report: (message) => reports.push(message),
    env: { customer: { CUSTOMER_LATENCY: '10ms' } },
  });
});

afterEach(async () => {
  await visit?.end();
  visit = undefined;
  reports.splice(0);
});

afterAll(async () => {
  await chromium?.close();
  await system?.end();
});

const addressWith = (faults: string): string =>
  withTokens(system.consoleUrl!, { faults, actuator: system.actuatorToken });

async function open(view: ViewOptions, url = addressWith(system.faultsToken)): Promise<Page> {
  visit = await ConsoleVisit.start(chromium.browser, url, view);
  await visit.page.getByText('Live', { exact: true }).waitFor(waiting);
  return visit.page;
}

/** The addresses in the history of the tab. */
const historyOf = (page: Page): Promise<string[]> => page.evaluate('navigation.entries().map(({ url }) => url)');

const faultsField = (page: Page) => page.getByLabel("Customer's faults");
const processOf = (page: Page, replica: string) =>
  page.getByRole('region', { name: 'Processes' }).getByRole('listitem').filter({ hasText: replica });

/** Presses a button of a process by keyboard. */
async function press(page: Page, replica: string, name: string): Promise<void> {
  await processOf(page, replica).getByRole('button', { name, exact: true }).focus();
  await page.keyboard.press('Enter');
}

const views: readonly (readonly [string, ViewOptions])[] = [
  ['on a laptop', { viewport: { width: 1_280, height: 720 } }],
  ['on a phone', phone],
];

describe.skipIf(missing !== undefined).each(views)('the console of the demo, %s', (_, view) => {
  it('takes the tokens from its address, which then has none', async () => {
    const page = await open(view);

    expect(page.url()).toBe(system.consoleUrl);
    expect(await historyOf(page)).not.toContainEqual(expect.stringContaining('#'));
    expect(await faultsField(page).inputValue()).toBe(system.faultsToken);
    await page.getByRole('button', { name: 'Clear faults' }).click();
    await page.getByText('Customer has no faults.').waitFor(waiting);
    await page.reload();
    expect(await faultsField(page).inputValue()).toBe(system.faultsToken);
    expect(visit?.errors).toEqual([]);
  });

  it('takes the tokens from an address that is opened in its tab', async () => {
    const page = await open(view, addressWith('of-an-earlier-demo'));
    expect(await faultsField(page).inputValue()).toBe('of-an-earlier-demo');

    await page.goto(addressWith(system.faultsToken));

    await expect.poll(() => faultsField(page).inputValue(), waiting).toBe(system.faultsToken);
    expect(page.url()).toBe(system.consoleUrl);
    expect(await historyOf(page)).not.toContainEqual(expect.stringContaining('#'));
  });

  it('is where the address of the load balancer leads to', async () => {
    const page = await open(view, `${system.gatewayUrl}/${new URL(addressWith(system.faultsToken)).hash}`);

    expect(page.url()).toBe(system.consoleUrl);
    expect(await faultsField(page).inputValue()).toBe(system.faultsToken);
  });

  // In real time: load is not scaled, and the capacity of customer is.
  it('opens circuit breakers with a limited capacity of customer at the default load', async () => {
    const page = await open(view);
    const state = () =>
      page.getByRole('article', { name: 'customer on account-1' }).getAttribute('data-state', waiting);

    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByRole('button', { name: 'Capacity', exact: true }).click();
    await expect.poll(state, waiting).toBeOneOf(['OPEN', 'HALF_OPEN']);

    await page.getByRole('button', { name: 'Clear faults' }).click();
    await expect.poll(state, waiting).toBe('CLOSED');
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
  });

  it('kills a replica, which is started again', async () => {
    const page = await open(view);
    const { pid } = system.replica('account-2');

    await press(page, 'account-2', 'Kill');

    await page.getByText('account-2 was killed. It is started again.').waitFor(waiting);
    await expect.poll(() => reports, waiting).toContain('account-2 is ready again.');
    expect(reports[0]).toMatch(/^account-2 ended: killed by SIGKILL. It is started again( in \d+ s)?\.$/);
    expect(system.replica('account-2').pid).not.toBe(pid);
    await processOf(page, 'account-2').getByText('running').waitFor(waiting);
    await page.getByRole('alert').waitFor({ ...waiting, state: 'detached' });
  });

  it.runIf(process.platform === 'linux')('freezes a replica, and lets it continue', async () => {
    const page = await open(view);
    const { pid } = system.replica('customer-1');
    const state = () => /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];

    await press(page, 'customer-1', 'Freeze');

    await processOf(page, 'customer-1').getByText('frozen').waitFor(waiting);
    expect(state()).toBe('T');
    await page
      .getByRole('alert')
      .getByText(/^Unreachable: customer-1/)
      .waitFor(waiting);
    expect(await visit?.violations()).toEqual([]);
    expect(await visit?.overflow()).toBe(0);

    // The focus has stayed on the button.
    await page.keyboard.press('Enter');
    await processOf(page, 'customer-1').getByText('running').waitFor(waiting);
    await page.getByRole('alert').waitFor({ ...waiting, state: 'detached' });
    expect(state()).not.toBe('T');
    expect(system.replica('customer-1').pid).toBe(pid);
    expect(reports).toEqual([]);
  });

  it('kills and freezes nothing with a wrong token', async () => {
    const page = await open(view, addressWith('wrong'));
    const { pid } = system.replica('account-1');

    for (const button of ['Kill', 'Freeze']) {
      await press(page, 'account-1', button);
      await page.getByText('The token is wrong.').waitFor(waiting);
    }

    await processOf(page, 'account-1').getByText('running').waitFor(waiting);
    expect(system.replica('account-1').pid).toBe(pid);
    expect(reports).toEqual([]);
  });
});

it('finds Chromium, which the tests of the console of the demo need', ({ skip }) => {
  skip(missing !== undefined, missing);
  expect(missing).toBeUndefined();
});
