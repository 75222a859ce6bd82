import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { doctorPage } from './doctor-page.ts';

const examples = fileURLToPath(new URL('../../examples/doctor/', import.meta.url));

it("docs/doctor.md says what the doctor says; if not, 'npx vitest run src/doctor/doctor-page -u' writes it anew", async () => {
  const [example, config, outage] = await Promise.all(
    ['doctor-warnings.ts', 'resilience.yml', 'outage.yml'].map((file) => readFile(examples + file, 'utf8')),
  );

  const page = await doctorPage({ example: example!, config: config!, outage: outage!, folder: examples });

  await expect(page).toMatchFileSnapshot('../../../../docs/doctor.md');
});
