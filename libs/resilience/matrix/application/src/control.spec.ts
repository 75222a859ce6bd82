import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';

/** Without the library: if this fails too, the combination is not possible for any NestJS application. */
@Injectable()
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
