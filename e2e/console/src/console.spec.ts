import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LocalSystem, workspaceRoot } from '@breakwater/system-runner';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, phone, type View, whyNoChromium, wide } from './chromium.ts';
import { Visit } from './visit.ts';

let system: LocalSystem;
let chromium: { readonly browser: Browser; close(): Promise<void> };
let visit: Visit | undefined;
let folder: string | undefined;

const patience = { timeout: 30_000 };

const missing = whyNoChromium();
if (missing !== undefined) process.stderr.write(`NOT CHECKED: ${missing}\n`);

beforeAll(async () => {
  if (missing !== undefined) return;
  chromium = await launchChromium();
  folder = await mkdtemp(path.join(tmpdir(), 'breakwater-console-e2e-'));
  system = await LocalSystem.prepare({
    console: true,
    database: 'own',
    lab: true,
    timeScale: 4,
    env: {
      account: { DEMO_MODE: 'true', RESILIENCE_CONFIG: withRampUp(folder) },
      customer: { CUSTOMER_LATENCY: '10ms' },
    },
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
  if (folder !== undefined) await rm(folder, { recursive: true });
});

/** Account's own policies, but for circuit breakers that let calls back in a few at a time. */
function withRampUp(folder: string): string {
  const policies = readFileSync(path.join(workspaceRoot, 'apps/account/resilience.yml'), 'utf8');
  const last = /^( +)permittedNumberOfCallsInHalfOpenState: 3$/m;
  if (!last.test(policies)) throw new Error('resilience.yml does not say how many calls are on trial');
  const file = path.join(folder, 'resilience.yml');
  writeFileSync(file, policies.replace(last, '$&\n$1rampUpSteps: [20, 60]\n$1rampUpStepDuration: 8s'));
  return file;
}

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

/** Text that is there for a moment only, such as that of a state that calls pass through. */
async function waitForWords(page: Visit['page'], replica: string, words: RegExp): Promise<void> {
  await expect
    .poll(() => card(page, replica).locator('.meaning').textContent(), { ...patience, interval: 100 })
    .toMatch(words);
}

/** How many accounts wait to be verified, as the page's head has it. */
async function pending(page: Visit['page']): Promise<number> {
  const facts = await page.getByRole('list', { name: 'The system now' }).textContent();
  return Number(/pending (\d+)/.exec(facts ?? '')?.[1]);
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
    await waitForWords(page, 'account-1', /^calls are refused; on trial in /);
    await expect.poll(() => pending(page), patience).toBeGreaterThan(0);
    expect(await visit?.violations()).toEqual([]);

    await page.getByRole('button', { name: 'Heal' }).click();
    await waitForWords(page, 'account-1', /^ramping up: (20|60) % of calls pass/);
    await waitForState(page, 'account-1', 'CLOSED');
    await waitForState(page, 'account-2', 'CLOSED');
    await expect.poll(() => pending(page), patience).toBe(0);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('That was a circuit breaker at work.').waitFor(patience);
    expect(visit?.complaints).toEqual([]);
  });

  it('shows which faults customer has, and how many calls on trial have ended', async () => {
    const page = await open();
    await enterTokens(page);
    await page.getByRole('button', { name: 'Start' }).click();

    await page.getByRole('button', { name: 'Down', exact: true }).click();
    await page.getByText('Every connection is reset, and no replica is ready.').waitFor(patience);
    await page
      .getByText(/reset, unready/)
      .first()
      .waitFor(patience);
    await waitForState(page, 'account-1', 'OPEN', 'HALF_OPEN');

    // Calls on trial that hang last long enough to be seen.
    await page.getByRole('button', { name: 'Hang', exact: true }).click();
    await waitForWords(page, 'account-1', /^\d of 3 calls on trial have ended/);
    expect(await customerFaults()).toEqual([['hang'], ['hang']]);

    await page.getByRole('button', { name: 'Heal' }).click();
    await waitForState(page, 'account-1', 'CLOSED');
    await page.getByRole('button', { name: 'Stop' }).click();
  });

  it("has the doctor's findings beside the circuit breaker that they concern", async () => {
    const page = await open();

    const group = page.getByRole('region', { name: 'Circuit breaker customer' });
    const findings = group.getByRole('list', { name: 'What the doctor says' }).getByRole('listitem');
    await expect
      .poll(() => findings.allTextContents(), patience)
      .toContainEqual(expect.stringMatching(/^Doctor [a-z-]+ \w/));
  });

  it('plays a scenario: its load, its faults, and the step that it is in', async () => {
    const page = await open();
    await enterTokens(page);

    await page.getByRole('combobox', { name: 'Scenario' }).selectOption('customer-hang');
    await page.getByText('A customer that never answers holds account up only until the breakers open.').waitFor();
    await page.getByRole('button', { name: 'Play', exact: true }).click();

    await page.getByText('all is well').waitFor(patience);
    await expect.poll(customerFaults, patience).toEqual([['hang'], ['hang']]);
    await page.getByRole('list', { name: 'Answers' }).getByText('201').waitFor(patience);
    await page.getByText('customer hangs').waitFor(patience);
    expect(await visit?.violations()).toEqual([]);
    await page.getByRole('button', { name: 'Stop and heal' }).click();
    await expect.poll(customerFaults, patience).toEqual([[], []]);
    await page.getByRole('button', { name: 'Start' }).waitFor(patience);
    await waitForState(page, 'account-1', 'CLOSED');
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

  it('makes the five experiments, one by one, while one looks, and explains them', async () => {
    const page = await open();
    await enterTokens(page);
    await page.getByRole('button', { name: 'Slow', exact: true }).click();

    const refusals: [title: string, refused: number, lesson: RegExp][] = [
      ['Slow calls count', 10, /slow-call rate of 100 %/],
      ['Only failures count', 0, /A slow dependency is not seen/],
      ['A minimum above the window', 10, /The minimum is cut to the window/],
      ['Ten seconds, at least 5 calls', 15, /The fifth call .* it opens/],
      ['Ten seconds, at least 6 calls', 0, /no rate is ever worked out/],
    ];
    for (const [title, refused, lesson] of refusals) {
      const experiment = page.getByRole('article', { name: title });
      await experiment.getByRole('button', { name: 'Run' }).click();
      await experiment.getByRole('button', { name: 'Run again' }).waitFor({ timeout: 60_000 });
      // Where slow calls do not count, an answer is an answer, whatever it took.
      expect(await experiment.locator('.cell-SLOW_SUCCESS, .cell-SUCCESS').count()).toBe(20 - refused);
      expect(await experiment.locator('.cell-REFUSED').count()).toBe(refused);
      expect(await experiment.textContent()).toMatch(lesson);
    }
    await page.getByRole('button', { name: 'Heal' }).click();
    await page.getByText('Nothing is wrong with customer.').waitFor(patience);
  });

  it('says who cannot be reached, and goes on when he is back', async () => {
    const page = await open();
    await card(page, 'account-2').waitFor(patience);

    await system.accounts[1]?.kill();
    await page
      .getByRole('alert')
      .getByText(/^Not reached: account-2/)
      .waitFor(patience);
    expect(await card(page, 'account-2').textContent()).toContain('Not reached');
    expect(await card(page, 'account-1').textContent()).not.toContain('Not reached');

    await system.accounts[1]?.restart();
    await page.getByRole('alert').waitFor({ ...patience, state: 'detached' });
  });

  it('says that its server is away, keeps what it knew, and comes back by itself', async () => {
    const page = await open();
    await card(page, 'account-1').waitFor(patience);

    await system.console?.kill();
    await page.getByText('Reconnecting', { exact: true }).waitFor(patience);
    await page.getByText(/What is below is what was known last/).waitFor(patience);
    await card(page, 'account-1').waitFor(patience);

    await system.console?.restart();
    await page.getByText('Live', { exact: true }).waitFor(patience);
    await page.getByRole('alert').waitFor({ ...patience, state: 'detached' });
    expect(await card(page, 'account-1').getAttribute('data-state')).toBe('CLOSED');
  });

  it('does not move for whoever asks for reduced motion', async () => {
    const page = await open({ ...wide, reducedMotion: 'reduce' });
    await card(page, 'account-1').waitFor(patience);

    const moving = await page.evaluate<number>(
      "[...document.querySelectorAll('*')].filter((each) => parseFloat(getComputedStyle(each).transitionDuration) > 0).length",
    );
    expect(moving).toBe(0);
  });

  it('keeps the colours that were chosen', async () => {
    const page = await open({ ...wide, colorScheme: 'light' });
    const scheme = () => page.evaluate<string>('getComputedStyle(document.documentElement).colorScheme');
    expect(await scheme()).toBe('light dark');

    await page.getByRole('button', { name: /system$/ }).click();
    await page.getByRole('button', { name: /light$/ }).click();
    expect(await scheme()).toBe('dark');
    await page.reload();
    await page.getByRole('button', { name: /dark$/ }).waitFor(patience);
    expect(await scheme()).toBe('dark');
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

    expect([...reached]).toEqual(
      expect.arrayContaining(['Start', 'Heal', 'Errors', 'password', 'Play', 'Run', 'Pause', 'Disable']),
    );
    await page.getByRole('button', { name: 'Start' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Stop' }).waitFor(patience);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Start' }).waitFor(patience);
  });
});
