import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type LocalSystem, workspaceRoot } from '@breakwater/system-runner';
import { startSystem } from '@breakwater/system-runner/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConsoleVisit, laptop, launchChromium, missingChromium, phone, type ViewOptions, wide } from './browser.ts';
import { calm } from './calm.ts';

let system: LocalSystem;
let chromium: { readonly browser: Browser; close(): Promise<void> };
let visit: ConsoleVisit | undefined;
let folder: string | undefined;

const waiting = { timeout: 30_000 };

const missing = missingChromium();
if (missing !== undefined) process.stderr.write(`NOT CHECKED: ${missing}\n`);

beforeAll(async () => {
  if (missing !== undefined) return;
  chromium = await launchChromium();
  folder = await mkdtemp(path.join(tmpdir(), 'breakwater-console-e2e-'));
  system = await startSystem({
    console: true,
    lab: true,
    timeScale: 4,
    env: {
      account: { DEMO_MODE: 'true', RESILIENCE_CONFIG: withRampUp(folder) },
      customer: { CUSTOMER_LATENCY: '10ms' },
    },
  });
});

afterEach(async () => {
  await calm(system);
  await visit?.end();
  visit = undefined;
});

afterAll(async () => {
  await chromium?.close();
  await system?.end();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

/** The policies of account, with a ramp-up of the circuit breaker. */
function withRampUp(folder: string): string {
  const policies = readFileSync(path.join(workspaceRoot, 'apps/account/resilience.yml'), 'utf8');
  const last = /^( +)permittedNumberOfCallsInHalfOpenState: 3$/m;
  if (!last.test(policies)) throw new Error('resilience.yml does not set permittedNumberOfCallsInHalfOpenState: 3');
  const file = path.join(folder, 'resilience.yml');
  writeFileSync(file, policies.replace(last, '$&\n$1rampUpSteps: [20, 60]\n$1rampUpStepDuration: 8s'));
  return file;
}

async function open(options: ViewOptions = wide): Promise<Page> {
  visit = await ConsoleVisit.start(chromium.browser, system.consoleUrl!, options);
  await visit.page.getByText('Live', { exact: true }).waitFor(waiting);
  return visit.page;
}

/** Opens the stream of a page from an address of this machine. */
async function openStream(localAddress: string): Promise<IncomingMessage> {
  const sent = get(new URL('api/stream', system.consoleUrl), { localAddress });
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response.on('error', () => {});
}

const card = (page: Page, replica: string) => page.getByRole('article', { name: `customer on ${replica}` });

async function enterTokens(page: Page): Promise<void> {
  await page.getByLabel("Customer's faults").fill(system.faultsToken);
  await page.getByLabel("Account's actuator").fill(system.actuatorToken);
}

async function waitForState(page: Page, replica: string, ...states: string[]): Promise<void> {
  await expect.poll(() => card(page, replica).getAttribute('data-state'), waiting).toBeOneOf(states);
}

/** Opens accounts until the circuit breaker is closed: only requests of clients are its trial calls. */
async function closeBreaker(page: Page, replica: string): Promise<void> {
  const openAccount = (url: string) =>
    fetch(`${url}/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ customerId: 'c-1001', currency: 'EUR' }),
    });
  await expect
    .poll(async () => {
      await Promise.all(system.accountUrls.map(openAccount));
      return card(page, replica).getAttribute('data-state');
    }, waiting)
    .toBe('CLOSED');
}

/** Waits for the meaning of a state, which may be shown only briefly. */
async function waitForMeaning(page: Page, replica: string, text: RegExp): Promise<void> {
  await expect
    .poll(() => card(page, replica).locator('.meaning').textContent(), { ...waiting, interval: 100 })
    .toMatch(text);
}

/** The number of pending verifications in the page's header. */
async function pending(page: Page): Promise<number> {
  const facts = await page.getByRole('list', { name: 'Summary of the system' }).textContent();
  return Number(/pending (\d+)/.exec(facts ?? '')?.[1]);
}

/** The active faults of each replica of customer, apart from the latency. */
async function customerFaults(): Promise<string[][]> {
  const authorization = `Bearer ${system.faultsToken}`;
  const responses = await Promise.all(
    system.customerUrls.map((url) => fetch(`${url}/faults`, { headers: { authorization } })),
  );
  const reports: { active: string[] }[] = await Promise.all(responses.map((response) => response.json()));
  return reports.map(({ active }) => active.filter((fault) => fault !== 'latency'));
}

describe.skipIf(missing !== undefined)('the console', () => {
  // Only Linux has all of 127.0.0.0/8.
  it.runIf(process.platform === 'linux')('leaves streams to other clients behind the load balancer', async () => {
    const held = await Promise.all(Array.from({ length: 50 }, () => openStream('127.0.0.8')));
    const other = await openStream('127.0.0.9');
    for (const response of [...held, other]) response.destroy();

    expect(held.filter(({ statusCode }) => statusCode === 200)).toHaveLength(25);
    expect(held.filter(({ statusCode }) => statusCode === 429)).toHaveLength(25);
    expect(other.statusCode).toBe(200);
  });

  it('shows every replica, and loads nothing from other sites', async () => {
    const page = await open();

    await card(page, 'account-1').waitFor(waiting);
    await card(page, 'account-2').waitFor(waiting);
    // An endpoint of account, and a replica with faults.
    for (const part of [page.getByRole('main').getByRole('table'), page.getByRole('complementary')]) {
      await part.getByText('customer-2', { exact: true }).waitFor(waiting);
    }

    expect(await page.title()).toBe('Breakwater console');
    expect(visit?.foreignRequests).toEqual([]);
    expect(visit?.errors).toEqual([]);
  });

  it('shows the responses to clients live', async () => {
    const page = await open();

    await page.getByRole('button', { name: 'Start' }).click();

    const responses = page.getByRole('list', { name: 'Responses' });
    await responses.getByText('201').waitFor(waiting);
    await expect.poll(() => page.getByText(/^opened/).textContent(), waiting).toMatch(/opened [1-9]/);
    await expect
      .poll(() => card(page, 'account-1').locator('.cell-SUCCESS').count(), waiting)
      .toBeGreaterThanOrEqual(5);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Start' }).waitFor(waiting);
  });

  it.each([
    ['a laptop', laptop],
    ['a phone', phone],
  ])('guides a first visit on %s to an open circuit breaker and its recovery', async (_, view) => {
    const page = await open(view);
    const doneSteps = () => page.locator('.guide li.is-done').count();
    await enterTokens(page);
    expect(await doneSteps()).toBe(0);
    await page.getByRole('button', { name: 'Start' }).click();
    await expect.poll(doneSteps, waiting).toBe(1);
    await waitForState(page, 'account-1', 'CLOSED');

    await page.getByRole('button', { name: 'Errors', exact: true }).click();
    await waitForState(page, 'account-1', 'OPEN', 'HALF_OPEN');
    await waitForState(page, 'account-2', 'OPEN', 'HALF_OPEN');
    await expect.poll(doneSteps, waiting).toBe(3);
    await page.getByText('state transition').first().waitFor(waiting);
    await waitForMeaning(page, 'account-1', /^calls are rejected; trial calls in /);
    await expect.poll(() => pending(page), waiting).toBeGreaterThan(0);
    expect(await visit?.violations()).toEqual([]);

    await page.getByRole('button', { name: 'Clear faults' }).click();
    await waitForMeaning(page, 'account-1', /^ramp-up: (20|60) % of calls are permitted/);
    await waitForState(page, 'account-1', 'CLOSED');
    await waitForState(page, 'account-2', 'CLOSED');
    await expect.poll(() => pending(page), waiting).toBe(0);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('You have seen a circuit breaker at work.').waitFor(waiting);
    expect(visit?.errors).toEqual([]);
  });

  it('shows the faults of customer, and how many trial calls have ended', async () => {
    const page = await open();
    await enterTokens(page);
    await page.getByRole('button', { name: 'Start' }).click();

    await page.getByRole('button', { name: 'Down', exact: true }).click();
    await page.getByText('Every connection is reset, and no replica is ready.').waitFor(waiting);
    await page
      .getByText(/reset, unready/)
      .first()
      .waitFor(waiting);
    const summary = page.getByRole('list', { name: 'Summary of the system' });
    await summary.getByText('0/2 up').waitFor(waiting);
    await waitForState(page, 'account-1', 'OPEN', 'HALF_OPEN');

    // Each hanging trial call ends after a second, as a slow one. With few requests they follow one another, and can be seen.
    await page.getByRole('slider', { name: /Accounts to open/ }).fill('1');
    await page.getByRole('button', { name: 'Hang', exact: true }).click();
    await waitForMeaning(page, 'account-1', /^\d of 3 trial calls have ended/);
    expect(await customerFaults()).toEqual([['hang'], ['hang']]);

    await page.getByRole('button', { name: 'Clear faults' }).click();
    await waitForState(page, 'account-1', 'CLOSED');
    await page.getByRole('button', { name: 'Stop' }).click();
  });

  it('shows findings of the doctor that agree with the circuit breaker above them', async () => {
    const page = await open(laptop);
    await enterTokens(page);
    const group = page.getByRole('region', { name: 'Circuit breaker customer' });
    const findings = group.getByRole('list', { name: 'Findings of the doctor' }).getByRole('listitem');

    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('button', { name: 'Slow', exact: true }).click();
    await waitForState(page, 'account-1', 'OPEN');
    await expect
      .poll(() => findings.allTextContents(), waiting)
      .toContainEqual(
        expect.stringMatching(/slow-threshold-below-latency \d+ % of the observed calls took longer than 1 s/),
      );
    const texts = (await findings.allTextContents()).join('\n');
    expect(texts).not.toContain('stays at 0 %');
    // There is one: the cached fallback.
    expect(texts).not.toContain('fallback');

    await page.getByRole('button', { name: 'Clear faults' }).click();
    await waitForState(page, 'account-1', 'CLOSED');
    await page.getByRole('button', { name: 'Stop' }).click();
  });

  it("has the doctor's page, which draws a map under the same content security policy", async () => {
    visit = await ConsoleVisit.start(chromium.browser, `${system.consoleUrl}doctor/`, wide);
    const { page } = visit;
    await page.getByText('More settings').click();
    await page.getByRole('textbox', { name: 'points' }).fill('2');
    await page.getByRole('textbox', { name: 'workers' }).fill('1');
    await page.getByRole('button', { name: 'Draw the map' }).click();
    await page.getByRole('img', { name: /^The map: / }).waitFor({ timeout: 60_000 });

    expect(visit.errors).toEqual([]);
    const inConsole = (url: string) => url.startsWith(system.consoleUrl!);
    expect(visit.foreignRequests.filter((url) => !inConsole(url))).toEqual([]);
  });

  it('plays a scenario: its load, its faults and its present step', async () => {
    const page = await open();
    await enterTokens(page);

    await page.getByRole('combobox', { name: 'Scenario' }).selectOption('customer-hang');
    await page.getByText('A customer that never responds delays account only until the breakers open.').waitFor();
    await page.getByRole('button', { name: 'Play', exact: true }).click();

    await page.getByText('customer is healthy').waitFor(waiting);
    // The page still shows the progress, and can stop it below.
    await page.reload();
    await page.getByRole('progressbar', { name: 'Progress of customer-hang' }).waitFor(waiting);
    await expect.poll(customerFaults, waiting).toEqual([['hang'], ['hang']]);
    await page.getByRole('list', { name: 'Responses' }).getByText('201').waitFor(waiting);
    await page.getByText('customer hangs').waitFor(waiting);
    expect(await visit?.violations()).toEqual([]);

    await page.getByRole('button', { name: 'Stop and clear faults' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(customerFaults, waiting).toEqual([[], []]);
    await page.getByRole('button', { name: 'Start' }).waitFor(waiting);
    await closeBreaker(page, 'account-1');
    expect(visit?.errors).toEqual([]);
  });

  it('changes nothing without a token, and shows why', async () => {
    const page = await open();

    await page.getByRole('button', { name: 'Hang' }).click();
    await page.getByText('A token is required').waitFor(waiting);

    await page.getByLabel("Customer's faults").fill('a-wrong-token');
    await page.getByRole('button', { name: 'Hang' }).click();
    await page.getByText('The token is wrong').waitFor(waiting);

    await card(page, 'account-1').getByRole('button', { name: 'Force open' }).click();
    await page.getByText('A token is required').waitFor(waiting);
    expect(await card(page, 'account-1').getAttribute('data-state')).toBe('CLOSED');
    expect(await customerFaults()).toEqual([[], []]);
  });

  it('forces a circuit breaker open, disables it and closes it, on one replica or on all', async () => {
    const page = await open();
    await enterTokens(page);
    const all = page.getByRole('group', { name: 'All replicas of customer' });

    await card(page, 'account-2').getByRole('button', { name: 'Force open' }).click();
    await waitForState(page, 'account-2', 'FORCED_OPEN');
    expect(await card(page, 'account-1').getAttribute('data-state')).toBe('CLOSED');
    await card(page, 'account-2').getByRole('button', { name: 'Disable' }).click();
    await waitForState(page, 'account-2', 'DISABLED');

    await all.getByRole('button', { name: 'Force open' }).click();
    await waitForState(page, 'account-1', 'FORCED_OPEN');
    await waitForState(page, 'account-2', 'FORCED_OPEN');
    await all.getByRole('button', { name: 'Close' }).click();
    await waitForState(page, 'account-1', 'CLOSED');
    await waitForState(page, 'account-2', 'CLOSED');
  });

  it('runs the five experiments one by one, and explains them', async () => {
    const page = await open();
    await enterTokens(page);
    await page.getByRole('button', { name: 'Slow', exact: true }).click();

    const rejections: [title: string, rejected: number, lesson: RegExp][] = [
      ['Slow calls count', 10, /slow-call rate of 100 %/],
      ['Only failures count', 0, /does not detect a slow dependency/],
      ['A minimum above the window', 10, /minimum is therefore limited to the window size/],
      ['Ten seconds, at least 5 calls', 15, /the fifth call .* breaker opens/],
      ['Ten seconds, at least 6 calls', 0, /no rate is ever calculated/],
    ];
    for (const [title, rejected, lesson] of rejections) {
      const experiment = page.getByRole('article', { name: title });
      await experiment.getByRole('button', { name: 'Run', exact: true }).click();
      await experiment.getByRole('button', { name: 'Run again' }).waitFor({ timeout: 60_000 });
      // Without settings for slow calls, a slow call is a success.
      expect(await experiment.locator('.cell-SLOW_SUCCESS, .cell-SUCCESS').count()).toBe(20 - rejected);
      expect(await experiment.locator('.cell-REJECTED').count()).toBe(rejected);
      expect(await experiment.textContent()).toMatch(lesson);
    }
    // The guide counts the circuit breaker customer alone.
    expect(await page.locator('.guide li.is-done').count()).toBe(2);
    await page.getByRole('button', { name: 'Clear faults' }).click();
    await page.getByText('Customer has no faults.').waitFor(waiting);
  });

  it.each([
    ['a laptop', laptop],
    ['a phone', phone],
  ])('shows on %s which replica is unreachable, and its state as unknown, until it is back', async (_, view) => {
    const page = await open(view);
    await card(page, 'account-2').waitFor(waiting);

    await system.accounts[1]?.kill();
    await page
      .getByRole('alert')
      .getByText(/^Unreachable: account-2/)
      .waitFor(waiting);
    await waitForState(page, 'account-2', 'UNKNOWN');
    expect(await card(page, 'account-2').textContent()).toContain('Unreachable');
    expect(await card(page, 'account-1').textContent()).not.toContain('Unreachable');
    await page
      .getByRole('img', { name: /^account-2 · customer: unknown since / })
      .first()
      .waitFor(waiting);
    expect(await visit?.violations()).toEqual([]);
    expect(await visit?.overflow()).toBe(0);

    await system.accounts[1]?.restart();
    await page.getByRole('alert').waitFor({ ...waiting, state: 'detached' });
    await waitForState(page, 'account-2', 'CLOSED');
  });

  it.each([
    ['a laptop', laptop],
    ['a phone', phone],
  ])('shows on %s that its server hangs, and is live again when it goes on', async (_, view) => {
    const page = await open(view);

    system.console?.freeze();
    await page.getByText('Reconnecting', { exact: true }).waitFor(waiting);
    await page.getByText(/The data below is the last that was received/).waitFor(waiting);
    expect(await visit?.violations()).toEqual([]);

    system.console?.thaw();
    await page.getByText('Live', { exact: true }).waitFor(waiting);
    await page.getByRole('alert').waitFor({ ...waiting, state: 'detached' });
  });

  it('shows that its server is down, keeps its data, and reconnects', async () => {
    const page = await open();
    await card(page, 'account-1').waitFor(waiting);

    await system.console?.kill();
    await page.getByText('Reconnecting', { exact: true }).waitFor(waiting);
    await page.getByText(/The data below is the last that was received/).waitFor(waiting);
    await card(page, 'account-1').waitFor(waiting);

    await system.console?.restart();
    await page.getByText('Live', { exact: true }).waitFor(waiting);
    await page.getByRole('alert').waitFor({ ...waiting, state: 'detached' });
    expect(await card(page, 'account-1').getAttribute('data-state')).toBe('CLOSED');
  });

  it('has no transitions with reduced motion', async () => {
    const page = await open({ ...wide, reducedMotion: 'reduce' });
    await card(page, 'account-1').waitFor(waiting);

    const moving = await page.evaluate<number>(
      "[...document.querySelectorAll('*')].filter((each) => parseFloat(getComputedStyle(each).transitionDuration) > 0).length",
    );
    expect(moving).toBe(0);
  });

  it('keeps the chosen colour scheme', async () => {
    const page = await open({ ...wide, colorScheme: 'light' });
    const scheme = () => page.evaluate<string>('getComputedStyle(document.documentElement).colorScheme');
    const background = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    expect(await scheme()).toBe('light dark');
    const light = await background();

    await page.getByRole('button', { name: /system$/ }).click();
    await page.getByRole('button', { name: /light$/ }).click();
    await page.getByRole('button', { name: /dark$/ }).waitFor(waiting);
    expect(await scheme()).toBe('dark');
    const dark = await background();
    expect(dark).not.toBe(light);
    await page.reload();
    await page.getByRole('button', { name: /dark$/ }).waitFor(waiting);
    expect(await scheme()).toBe('dark');
    expect(await background()).toBe(dark);
  });

  it.each([
    ['in light', { ...wide, colorScheme: 'light' }],
    ['in dark', { ...wide, colorScheme: 'dark' }],
    ['on a phone, in light', { ...phone, colorScheme: 'light' }],
    ['on a phone, in dark', { ...phone, colorScheme: 'dark' }],
  ] as const)('is accessible %s', async (_, view) => {
    const page = await open(view);
    await card(page, 'account-1').waitFor(waiting);

    expect(await visit?.violations()).toEqual([]);
    expect(await visit?.overflow()).toBe(0);
  });

  it('can be used by keyboard', async () => {
    const page = await open();
    await card(page, 'account-1').waitFor(waiting);
    const reached = new Set<string>();

    for (let presses = 0; presses < 120; presses += 1) {
      await page.keyboard.press('Tab');
      reached.add(await page.evaluate('document.activeElement?.textContent || document.activeElement?.type'));
    }

    expect([...reached]).toEqual(
      expect.arrayContaining(['Start', 'Clear faults', 'Errors', 'password', 'Play', 'Run', 'Pause', 'Disable']),
    );
    await page.getByRole('button', { name: 'Start' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Stop' }).waitFor(waiting);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Start' }).waitFor(waiting);
  });
});
