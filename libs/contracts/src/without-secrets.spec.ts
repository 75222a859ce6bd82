import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutSecrets } from './without-secrets.ts';

describe('withoutSecrets', () => {
  it.each([
    ['postgres://u:s3cret@h/d', 'postgres://u:***@h/d'],
    ['postgres://u:s3:cr@et@h/d', 'postgres://u:***@h/d'],
    ['postgres://u:s3/cr?e#t@h/d', 'postgres://u:***@h/d'],
    ['postgres://u:s3 cret@h/d', 'postgres://u:***@h/d'],
    ['postgres://u:s3,cret@h/d?application_name=a@b', 'postgres://u:***@h/d?application_name=a@b'],
    ['postgres://u@h/d', 'postgres://u@h/d'],
    ['postgres://u:s3cret@/d?host=/socket', 'postgres://u:***@/d?host=/socket'],
    ['postgres:///d?user=u@v&host=/socket', 'postgres:///d?user=u@v&host=/socket'],
    ['postgres:///d?user=u&password=s3cret&host=/socket', 'postgres:///d?user=u&password=***&host=/socket'],
    ['postgres://u@h/d?password=s3 cret&x=1', 'postgres://u@h/d?password=***&x=1'],
    ['postgres://u@h/d?pass%77ord=s3cret', 'postgres://u@h/d?pass%77ord=***'],
    ['postgres://u@h/d?sslPassword=s3cret#x', 'postgres://u@h/d?sslPassword=***#x'],
    ["host=h password='s3 cret' dbname=d", 'host=h password=*** dbname=d'],
    ['password=s3cret dbname=d', 'password=*** dbname=d'],
    ['http://u:s3cret@h:80,http://v:s3cret@i', 'http://u:***@h:80,http://v:***@i'],
    ['http://s3cret@h/x', 'http://***@h/x'],
    ['http://h/x?access_token=s3cret&limit=1', 'http://h/x?access_token=***&limit=1'],
    ['/accounts?limit=1&token=s3cret', '/accounts?limit=1&token=***'],
    ['cannot fetch "http://u:s3cret@h/x" now', 'cannot fetch "http://u:***@h/x" now'],
    ['no URL, only a mail to a@b.example: 5', 'no URL, only a mail to a@b.example: 5'],
    ['http://localhost:3000/accounts?limit=1', 'http://localhost:3000/accounts?limit=1'],
    ['http://[::1]:80/a@b', 'http://[::1]:80/a@b'],
    [
      'postgres://u:***@h/d?password=*** cannot be used by a@b',
      'postgres://u:***@h/d?password=*** cannot be used by a@b',
    ],
  ])('shows %s as %s', (text, shown) => {
    expect(withoutSecrets(text)).toBe(shown);
  });

  it('never shows a password that a program can use', () => {
    const isUsable = (url: string, password: string): boolean =>
      URL.canParse(url) && decodeURIComponent(new URL(url).password) === password;
    const text = fc.string({ unit: 'grapheme-ascii', minLength: 12, maxLength: 30 });
    fc.assert(
      fc.property(text, fc.boolean(), (password, isEscaped) => {
        const shown = isEscaped ? encodeURIComponent(password) : password.replaceAll('%', '');
        const url = `postgres://u:${shown}@h/d?application_name=x`;
        fc.pre(isUsable(url, isEscaped ? password : shown));
        expect(withoutSecrets(url)).toBe('postgres://u:***@h/d?application_name=x');
        expect(withoutSecrets(`the database ${url} cannot be used`)).not.toContain(shown);
      }),
    );
  });
});
