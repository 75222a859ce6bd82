/** The load balancer for machines without nginx, as a process: HOST, PORT, ACCOUNT_URLS (comma separated), CONSOLE_URL. */
import { createGateway } from './gateway.ts';

const { HOST: host = '127.0.0.1', PORT: port, ACCOUNT_URLS: accountUrls, CONSOLE_URL: consoleUrl } = process.env;
if (port === undefined || accountUrls === undefined) throw new Error('PORT and ACCOUNT_URLS must be set');

const gateway = createGateway({ accountUrls: accountUrls.split(','), consoleUrl });
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void gateway.close());
}
await gateway.listen({ host, port: Number(port) });
