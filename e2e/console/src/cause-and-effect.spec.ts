import { type LocalSystem } from '@breakwater/system-runner';
import { startSystem } from '@breakwater/system-runner/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConsoleVisit, launchChromium, missingChromium, phone, type ViewOptions } from './browser.ts';
import { calm } from './calm.ts';

let system: LocalSystem;
let chromium: { readonly browser: Browser; close(): Promise<void> };
let visit: ConsoleVisit | undefined;

const waiting = { timeout: 60_000 };
const laptop: ViewOptions = { viewport: { width: 1_280, height: 720 } };

const missing = missingChromium();
if (missing !== undefined) process.stderr.write(`NOT CHECKED: ${missing}\n`);

beforeAll(async () => {
  if (missing !== undefined) return;
  chromium = await launchChromium();
  system = await startSystem({
    console: true,
    lab: true,
    timeScale: 4,
    env: { account: { DEMO_MODE: 'true' }, customer: { CUSTOMER_LATENCY: '10ms' } },
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
});

async function open(view: ViewOptions): Promise<Page> {
  visit = await ConsoleVisit.start(chromium.browser, system.consoleUrl!, view);
  const { page } = visit;
  await page.getByText('Live', { exact: true }).waitFor(waiting);
  await page.getByLabel("Customer's faults").fill(system.faultsToken);
  await page.getByLabel("Account's actuator").fill(system.actuatorToken);
  await page.evaluate('scrollTo(0, 0)');
  return page;
}

const topology = (page: Page) => page.getByRole('region', { name: 'Live topology' });
const card = (page: Page) => topology(page).getByRole('region', { name: 'Why' });
const gate = (page: Page, replica: string) =>
  topology(page)
    .locator(`[data-node="${replica}"]`)
    .getByRole('button', { name: /^Circuit breaker customer/ });

async function startLoad(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await page.getByRole('button', { name: 'Stop', exact: true }).waitFor(waiting);
}

/** Opens accounts until every circuit breaker is closed and every endpoint in service. */
async function recover(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Clear faults' }).click();
  await card(page).getByText('Every circuit breaker is closed').waitFor(waiting);
}

const views = [
  ['on a laptop', laptop],
  ['on a phone', phone],
] as const;

describe.skipIf(missing !== undefined)('cause and effect', () => {
  it.each(views)('the topology is first, and fits one screen, %s', async (_, view) => {
    const page = await open(view);
    await gate(page, 'account-2').waitFor(waiting);

    const box = await topology(page).boundingBox();
    const guide = await page.getByRole('region', { name: 'First steps' }).boundingBox();
    expect(box!.y).toBeGreaterThan(0);
    expect(box!.y + box!.height).toBeLessThanOrEqual(view.viewport!.height);
    expect(guide!.y).toBeGreaterThan(box!.y);
    expect(await visit?.overflow()).toBe(0);
  });

  it.each(views)('the topology shows what flows, and why an edge is closed, %s', async (_, view) => {
    const page = await open(view);
    await startLoad(page);
    const edge = topology(page)
      .getByRole('button', { name: /^To customer-1/ })
      .first();
    await expect.poll(() => edge.textContent(), waiting).toMatch(/[1-9][\d.]*\/s .*0 % errors/);

    await page.getByRole('button', { name: 'Errors', exact: true }).click();
    await expect.poll(() => gate(page, 'account-1').textContent(), waiting).toMatch(/Open/);
    await expect
      .poll(() => card(page).textContent(), waiting)
      .toMatch(/account-1, customer open: \d+ % of 10 calls failed \(opens at 50 %\)/);
    await expect.poll(() => edge.textContent(), waiting).toMatch(/No calls/);
    expect(await visit?.violations()).toEqual([]);

    await recover(page);
    expect(visit?.errors).toEqual([]);
  });

  it('the topology shows an ejected endpoint, and why it was ejected', async () => {
    const page = await open(laptop);
    await startLoad(page);

    await page.getByRole('combobox', { name: 'Set on' }).selectOption('customer-2');
    await page.getByRole('button', { name: 'Errors', exact: true }).click();

    await expect
      .poll(() => card(page).textContent(), waiting)
      .toMatch(/account-\d → customer-2: Too many failures in a row: it gets no calls/);
    await recover(page);
  });

  it('the card of an edge opens by a click on its line', async () => {
    const page = await open(laptop);
    await gate(page, 'account-2').waitFor(waiting);

    // After the edges from the clients to the load balancer, and from there to account-1.
    await topology(page).locator('.topology-lines .edge').nth(2).click();

    await expect.poll(() => card(page).getByRole('heading').textContent(), waiting).toBe('account-1 → customer-1');
  });

  it.runIf(process.platform === 'linux').each(views)('an unreachable account fits its node, %s', async (_, view) => {
    const page = await open(view);
    const node = topology(page).locator('[data-node="account-2"]');
    const replica = system.replica('account-2');
    replica.freeze();
    try {
      await node.getByText('unreachable').waitFor(waiting);

      const tooWide = await node.locator('.node-head').evaluate((head) => head.scrollWidth - head.clientWidth);
      expect(tooWide).toBe(0);
    } finally {
      replica.thaw();
    }
    await node.getByText('unreachable').waitFor({ ...waiting, state: 'detached' });
  });

  it.each(views)('the cards of nodes and edges open by keyboard, %s', async (_, view) => {
    const page = await open(view);
    await gate(page, 'account-1').focus();

    await page.keyboard.press('Enter');
    await card(page)
      .getByRole('heading', { name: /^account-1, circuit breaker customer: / })
      .waitFor(waiting);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await card(page).getByRole('heading', { name: 'account-1 → customer-1' }).waitFor(waiting);
    expect(await visit?.violations()).toEqual([]);
    await page.keyboard.press('Escape');
    await card(page)
      .getByRole('heading', { name: /^(All calls get through|Why)$/ })
      .waitFor(waiting);
  });

  it.each(views)('the faults are on one screen with the topology, %s', async (_, view) => {
    const page = await open(view);
    const graph = topology(page).locator('.topology-graph');
    const header = await page.getByRole('banner').boundingBox();
    await gate(page, 'account-2').waitFor(waiting);
    await page.evaluate(`scrollBy(0, ${(await graph.boundingBox())!.y - header!.height})`);

    const presets = await page.getByRole('group', { name: 'Faults', exact: true }).boundingBox();
    expect((await graph.boundingBox())!.y).toBeGreaterThanOrEqual(header!.height - 1);
    expect(presets!.y + presets!.height).toBeLessThanOrEqual(view.viewport!.height);
  });

  it.each(views)('states and charts share one cursor, by keyboard and by pointer, %s', async (_, view) => {
    const page = await open(view);
    await startLoad(page);
    await page.getByRole('button', { name: 'Half errors' }).click();
    await page.waitForTimeout(4_000);
    await page.getByRole('button', { name: 'Clear faults' }).click();
    await page.waitForTimeout(4_000);

    const slider = page.getByRole('slider', { name: 'Time of the cursor' });
    const readout = page.locator('.time-readout');
    expect(await readout.textContent()).toMatch(/^Now/);
    await slider.focus();
    await expect
      .poll(
        async () => {
          await page.keyboard.press('ArrowLeft');
          return readout.textContent();
        },
        { ...waiting, interval: 50 },
      )
      .toMatch(/^\d\d:\d\d:\d\d · errors/);
    await expect
      .poll(() => slider.getAttribute('aria-valuetext'), waiting)
      .toMatch(/^\d\d:\d\d:\d\d; errors; .*opened/);

    const section = page.getByRole('region', { name: 'Cause and effect' });
    await section.locator('.plot').last().hover();
    expect(await readout.textContent()).toMatch(/^\d\d:\d\d:\d\d/);
    // The rows of states and the plots of the charts begin and end at the same places.
    const [track, plot] = await Promise.all([
      section.locator('.time-track').last().boundingBox(),
      section.locator('.plot').last().boundingBox(),
    ]);
    expect(Math.abs(track!.x - plot!.x)).toBeLessThanOrEqual(1);
    expect(Math.abs(track!.width - plot!.width)).toBeLessThanOrEqual(1);
    await recover(page);
  });

  it.each(views)('the page does not jump while the system fails and recovers, %s', async (_, view) => {
    const page = await open(view);
    await page.getByRole('article', { name: 'customer on account-2' }).waitFor(waiting);
    await page.evaluate(`
      globalThis.shifts = [];
      new PerformanceObserver((list) => {
        for (const { value, hadRecentInput, sources } of list.getEntries()) {
          if (!hadRecentInput) shifts.push({ value, nodes: sources.map(({ node }) => node?.className) });
        }
      }).observe({ type: 'layout-shift' });
    `);

    await startLoad(page);
    await page.getByRole('button', { name: 'Errors', exact: true }).click();
    await expect.poll(() => gate(page, 'account-1').textContent(), waiting).toMatch(/Open/);
    await recover(page);

    const shifts: readonly { readonly value: number; readonly nodes: unknown }[] = await page.evaluate('shifts');
    const total = shifts.reduce((sum, { value }) => sum + value, 0);
    // All of them are reported when there are too many.
    expect(total < 0.02 ? [] : shifts).toEqual([]);
  });

  it('an experiment makes customer slow itself', async () => {
    const page = await open(laptop);
    const experiment = page.getByRole('article', { name: 'Slow calls count' });

    await experiment.getByRole('button', { name: 'Make it slow and run' }).click();

    await experiment.getByRole('button', { name: 'Run again' }).waitFor({ timeout: 60_000 });
    expect(await experiment.textContent()).toMatch(/slow-call rate of 100 %/);
  });
});
