import { Injectable } from '@nestjs/common';

@Injectable()
export class Http {
  async get(path: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:9${path}`);
    return response.text();
  }
}
