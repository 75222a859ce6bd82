import { ResilienceModule } from '@breakwater/resilience/nest';
import { Module } from '@nestjs/common';
import { CustomerClient } from './customer-client.ts';
import { CustomerFailedError, CustomerNotFoundError } from './customer-errors.ts';

/** What `fetch` throws when there is no answer. */
const NoAnswer = TypeError;

@Module({
  imports: [
    ResilienceModule.forRoot({
      configFiles: [new URL('application.yml', import.meta.url)],
      errorTypes: {
        'org.springframework.web.client.HttpServerErrorException': CustomerFailedError,
        'com.acme.account.CustomerNotFoundException': CustomerNotFoundError,
        'java.io.IOException': NoAnswer,
      },
    }),
  ],
  providers: [CustomerClient],
})
export class AppModule {}
