import { fileURLToPath } from 'node:url';
import { explainStartFailure } from '@breakwater/service-kit';
import { handlePendingSignals, onSignal } from '@breakwater/service-kit/signals';
import { createConsole } from './console.ts';
import { type ConsoleConfig, readConsoleConfig } from './console.config.ts';

const pageDirectory = fileURLToPath(new URL('page', import.meta.url));

let config: ConsoleConfig | undefined;
await handlePendingSignals();
try {
  config = readConsoleConfig();
  const { HOST: host, PORT: port, SHUTDOWN_TIMEOUT: timeoutMs } = config;
  const app = createConsole(config, pageDirectory);
  let hasBegun = false;
  const shutDown = (): void => {
    if (hasBegun) return;
    hasBegun = true;
    setTimeout(() => process.exit(1), timeoutMs).unref();
    void app.close().then(() => process.exit());
  };
  onSignal(shutDown);
  await app.listen({ host, port });
} catch (error) {
  process.stderr.write(`console cannot start: ${explainStartFailure(error, config)}\n`);
  process.exit(1);
}
