import { styleText } from 'node:util';
import { ControlPlane } from './control-plane.ts';
import { reportTable } from './report-table.ts';
import { type Verdict, verifications } from './verifications.ts';

/**
 * `npm run verify -w k8s`: has a real API server take every combination of overlay and components. Ends with 1 when it refuses
 * one, and with 2 when there is no API server to ask.
 */
async function main(): Promise<number> {
  let plane: ControlPlane;
  try {
    plane = await ControlPlane.start();
  } catch (error) {
    process.stderr.write(`NOT VERIFIED: ${(error as Error).message}\n`);
    return 2;
  }
  const interrupt = (): void => void plane.stop().then(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  try {
    const { gitVersion } = await plane.api.get<{ gitVersion: string }>('/version');
    process.stdout.write(`kube-apiserver ${gitVersion} on ${plane.api.url}\n\n`);
    const verdicts: Verdict[] = [];
    for await (const verdict of verifications(plane)) {
      verdicts.push(verdict);
      if (process.stdout.isTTY) process.stdout.write(`${verdict.title}\n`);
    }
    process.stdout.write(reportTable(verdicts));
    const faults = verdicts.flatMap(({ title, faults }) => faults.map((fault) => `${title}: ${fault}`));
    for (const fault of faults) process.stdout.write(`${styleText('red', '✖')} ${fault}\n`);
    process.stdout.write(faults.length === 0 ? '\nEverything was taken as it is.\n' : `\n${faults.length} refused.\n`);
    return faults.length === 0 ? 0 : 1;
  } finally {
    await plane.stop();
  }
}

process.exitCode = await main();
