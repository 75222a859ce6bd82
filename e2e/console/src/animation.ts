/** `npm run animation`: records the console while customer fails and a replica is killed, for the README. */
import { withDemo } from './demo-system.ts';
import { isUp, processOf, Recording, statesAre } from './recording.ts';

await withDemo(async ({ browser, address }) => {
  const view = { viewport: { width: 1_280, height: 720 }, colorScheme: 'light' } as const;
  const recording = await Recording.start(browser, address, view, 350);
  const { page } = recording;
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  await press('Close the guide');

  await press('Start');
  await recording.scene({ caption: 'Clients open accounts. Account calls customer for each.', frames: 6 });
  await press('Errors');
  const isOpen = statesAre(page, 'OPEN', 'HALF_OPEN');
  await recording.scene({ caption: 'Customer fails: every call is an error.', until: isOpen, frames: 2 });
  await recording.scene({ caption: 'OPEN: no request waits for customer. Accounts are verified later.', frames: 5 });
  await press('Clear faults');
  const isClosed = statesAre(page, 'CLOSED');
  await recording.scene({
    caption: 'Customer recovers: trial calls decide when it closes.',
    until: isClosed,
    frames: 4,
  });
  const replica = processOf(page, 'account-2');
  await replica.getByRole('button', { name: 'Kill' }).click();
  const takesOver = isUp(page, 'account', '1/2');
  await recording.scene({ caption: 'A replica is killed. The other one takes over.', until: takesOver, frames: 3 });
  await recording.scene({ caption: 'It is started again.', until: isUp(page, 'account', '2/2'), frames: 5 });

  await recording.save('console.gif');
});
