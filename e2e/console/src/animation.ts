/** `npm run animation`: records the console while customer fails and a replica is killed, as `docs/images/console.gif`. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceRoot } from '@breakwater/system-runner';
import type { Page } from 'playwright-core';
import { ConsoleVisit } from './browser.ts';
import { withDemo } from './demo-system.ts';
import { encodeGif, type Frame } from './gif.ts';

const file = path.join(workspaceRoot, 'docs/images/console.gif');
const maxBytes = 1_500_000;

/** A frame is taken each second, as often as the page gets new data, and shown for a shorter time. */
const takenEveryMs = 1_000;
const shownForMs = 350;
const maxFramesPerScene = 40;

class Recording {
  readonly frames: Frame[] = [];
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Records under a caption until the condition is met, and some frames more. */
  async scene(caption: string, furtherFrames: number, until: () => Promise<boolean> = async () => true): Promise<void> {
    await this.#page.evaluate(showCaption, caption);
    for (let taken = 0, left = furtherFrames; left > 0; taken += 1) {
      const startedAt = performance.now();
      this.frames.push({ picture: await this.#page.screenshot(), durationMs: shownForMs });
      if (await until()) left -= 1;
      else if (taken > maxFramesPerScene) throw new Error(`the scene "${caption}" did not end`);
      await this.#page.waitForTimeout(Math.max(0, takenEveryMs - (performance.now() - startedAt)));
    }
  }
}

/** Runs in the page. */
const showCaption = `(caption) => {
  const shown = document.querySelector('#caption') ?? document.body.appendChild(document.createElement('p'));
  shown.id = 'caption';
  shown.textContent = caption;
  Object.assign(shown.style, {
    position: 'fixed', inset: 'auto 0 0 0', margin: '0', padding: '10px 24px', zIndex: '9',
    background: '#111', color: '#fff', font: '600 20px system-ui', textAlign: 'center',
  });
}`;

await withDemo(async ({ browser, address }) => {
  const visit = await ConsoleVisit.start(browser, address, {
    viewport: { width: 1_280, height: 720 },
    colorScheme: 'light',
  });
  const { page } = visit;
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const statesAre =
    (...states: string[]) =>
    async (): Promise<boolean> => {
      const cards = page.getByRole('article', { name: /^customer on account-/ });
      const shown = await Promise.all((await cards.all()).map((card) => card.getAttribute('data-state')));
      return shown.length === 2 && shown.every((state) => state !== null && states.includes(state));
    };
  await page.getByText('Live', { exact: true }).waitFor();
  await press('Close the guide');

  const recording = new Recording(page);
  await press('Start');
  await recording.scene('Clients open accounts. Account calls customer for each.', 6);
  await press('Errors');
  await recording.scene('Customer fails: every call is an error.', 2, statesAre('OPEN', 'HALF_OPEN'));
  await recording.scene('OPEN: no request waits for customer. Accounts are verified later.', 5);
  await press('Clear faults');
  await recording.scene('Customer recovers: trial calls decide when it closes.', 3, statesAre('CLOSED'));
  const replica = page
    .getByRole('region', { name: 'Processes' })
    .getByRole('listitem')
    .filter({ hasText: 'account-2' });
  await replica.getByRole('button', { name: 'Kill' }).click();
  await recording.scene(
    'A replica is killed. The other one takes over.',
    3,
    async () => (await replica.textContent())?.includes('starting') === true,
  );
  await recording.scene(
    'It is started again.',
    5,
    async () => (await replica.textContent())?.includes('running') === true,
  );

  const gif = encodeGif(recording.frames);
  if (gif.length > maxBytes) throw new Error(`the animation has ${gif.length} bytes, more than ${maxBytes}`);
  writeFileSync(file, gif);
  process.stdout.write(`${file}: ${gif.length} bytes, ${recording.frames.length} frames\n`);
});
