import { Controller, Get, Inject, VERSION_NEUTRAL } from '@nestjs/common';
import { type Diagnosis, DiagnosisSource } from './diagnosis.ts';

/** What the doctor finds in the running application. */
@Controller({ version: VERSION_NEUTRAL })
export class DoctorController {
  readonly #source: DiagnosisSource;

  constructor(@Inject(DiagnosisSource) source: DiagnosisSource) {
    this.#source = source;
  }

  @Get('doctor')
  diagnosis(): Diagnosis {
    return this.#source.diagnosis();
  }
}
