import 'reflect-metadata';
import { Test } from '@nestjs/testing';
import library from './requires-nest.cjs';

/**
 * Without the library: if this fails too, the combination is not possible for any application that uses a CommonJS package
 * for NestJS.
 */
@library.Injectable()
class Greeter {
  greet(): string {
    return 'hello';
  }
}

describe('NestJS alone', () => {
  it('runs a provider', async () => {
    const module = await Test.createTestingModule({ providers: [Greeter] }).compile();
    expect(module.get(Greeter).greet()).toBe('hello');
  });
});
