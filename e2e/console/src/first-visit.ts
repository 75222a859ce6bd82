/** `npm run first-visit`: records what a new user sees in the first minutes, on a laptop and on a phone. */
import { phone, type ViewOptions } from './browser.ts';
import { type RunningDemo, withDemo } from './demo-system.ts';
import { cardsOf, hasText, processOf, Recording, statesAre } from './recording.ts';

const views: Readonly<Record<string, ViewOptions>> = {
  laptop: { viewport: { width: 1_280, height: 720 }, colorScheme: 'light' },
  phone: { ...phone, colorScheme: 'dark' },
};

async function visit(name: string, { browser, address }: RunningDemo): Promise<void> {
  const recording = await Recording.start(browser, address, views[name] ?? {}, 1_200);
  const { page } = recording;
  const button = (label: string) => page.getByRole('button', { name: label, exact: true });
  const at = (): string => `${Math.floor(recording.seconds / 60)}:${String(recording.seconds % 60).padStart(2, '0')}`;
  const show = (caption: string, scene: Omit<Parameters<Recording['scene']>[0], 'caption'>) =>
    recording.scene({ caption: `${at()} ${caption}`, ...scene });
  const topology = page.getByRole('region', { name: 'Live topology' });
  const guide = page.getByRole('region', { name: 'First steps' });
  const card = cardsOf(page).first();

  await show('The address of the demo opens the console', { subject: topology, frames: 2 });
  await show('The guide says what to do', { subject: guide, frames: 2 });
  await button('Start').click();
  await show('Start: clients open accounts', { subject: topology, frames: 3 });
  await button('Errors').click();
  await show('Errors: the window fills with failures', { subject: card, until: statesAre(page, 'OPEN'), frames: 2 });
  await show('Open: the topology says why no call is made', { subject: topology, frames: 2 });
  await button('Clear faults').click();
  await show('Clear faults: trial calls', { subject: card, until: statesAre(page, 'CLOSED'), frames: 2 });
  const account = processOf(page, 'account-2');
  await account.getByRole('button', { name: 'Kill' }).click();
  await show('Kill account-2', { subject: account, until: hasText(account, 'starting'), frames: 1 });
  await show('The other replica takes over', { subject: topology, frames: 2 });
  await show('The demo starts it again', { subject: account, until: hasText(account, 'running'), frames: 1 });
  const customer = processOf(page, 'customer-1');
  await customer.getByRole('button', { name: 'Freeze' }).click();
  await show('Freeze customer-1: nothing responds', {
    subject: customer,
    until: hasText(customer, 'frozen'),
    frames: 1,
  });
  await page.waitForTimeout(8_000);
  await show('Its endpoint is ejected; calls go to customer-2', { subject: topology, frames: 3 });
  await customer.getByRole('button', { name: 'Continue' }).click();
  await show('Continue', { subject: customer, until: hasText(customer, 'running'), frames: 1 });
  await button('Stop').click();
  const experiment = page.getByRole('article', { name: 'Slow calls count' });
  await experiment.getByRole('button', { name: 'Make it slow and run' }).click();
  const isDone = async (): Promise<boolean> =>
    (await experiment.getByRole('button', { name: 'Run again' }).count()) > 0;
  await show('An experiment, call by call', { subject: experiment, until: isDone, frames: 3 });
  await button('Clear faults').click();
  await recording.save(`first-visit-${name}.gif`);
}

// Each on a system of its own.
for (const name of Object.keys(views)) await withDemo((demo) => visit(name, demo));
