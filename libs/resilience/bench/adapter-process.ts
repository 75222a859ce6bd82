/** Measures the adapter that its argument, a JSON document, names, and sends the result to the parent process. */
import { type AdapterTask, measureAdapter } from './adapters.ts';

const cost = await measureAdapter(JSON.parse(process.argv[2] ?? '') as AdapterTask);
process.send?.(cost, () => process.disconnect());
