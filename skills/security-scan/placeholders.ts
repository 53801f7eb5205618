/**
 * Words that people put where a secret belongs, and that a made key hardly ever holds. The price: a weak password that holds one, as
 * `MyPassword#2024` does, is taken for an example.
 */
const PLACEHOLDER_WORDS =
  /example|sample|placeholder|your[-_]|change[-_]?me|changeit|replace|insert|dummy|fake|redacted|xxxx|\*\*\*|\.\.\.|todo|foobar|foo[-_]?bar|lorem|test[-_]?(?:key|token|secret|pass)|not[-_]?a[-_]?real|null|undefined|secret[-_]?key|api[-_]?key|password|passwd|deadbeef|abcdefg|qwerty|0123456|1234567|9876543/i;
/** What is filled in while the program or a template runs. */
const FILLED_IN =
  /\$\{|\$\(|\{\{|<[^>]{0,60}>|%[A-Za-z_]{1,40}%|process\.env|os\.environ|\benv\(|^\$[A-Za-z_]/;

/** Whether a text that has the form of a secret is one that nobody uses. */
export function isPlaceholder(value: string): boolean {
  return PLACEHOLDER_WORDS.test(value) || FILLED_IN.test(value) || isMonotonous(value);
}

/** Few different characters, or one of them again and again, as in `AKIAAAAAAAAAAAAAAAAA`. */
function isMonotonous(value: string): boolean {
  return value.length >= 12 && (new Set(value).size < 7 || /(.)\1{7}/.test(value));
}

/** Passwords of examples and of databases on the developer's own machine. */
const EXAMPLE_PASSWORDS: ReadonlySet<string> = new Set(
  `pass pwd pw secret admin root user test guest postgres mysql mongo redis rabbitmq mypass mysecret token
  username name p a b c x y hunter2 letmein s3cret`.split(/\s+/),
);
const EXAMPLE_HOST =
  /^(?:localhost|127\.|0\.0\.0\.0|\[::1\]|host\b|hostname|server\b|db$|database$|domain\b|(?:[\w-]+\.)*example(?:\.\w+)?$|[\w.-]+\.(?:test|invalid|localhost|local)$)/i;

/** Whether the login in an address is that of an example: `postgres://user:password@localhost/db`. */
export function isExampleAddress(address: string): boolean {
  const start = address.indexOf("://");
  const end = address.lastIndexOf("@");
  const login = address.slice(start + 3, end);
  const colon = login.indexOf(":");
  if (start === -1 || end === -1 || colon === -1) return isPlaceholder(address);
  const password = login.slice(colon + 1);
  const [host = ""] = address.slice(end + 1).split(/[/:?#]/);
  return (
    password.length < 6 ||
    EXAMPLE_PASSWORDS.has(password.toLowerCase()) ||
    password === login.slice(0, colon) ||
    isPlaceholder(password) ||
    EXAMPLE_HOST.test(host)
  );
}

/** Shannon entropy in bits a character: about 4.5 for random letters and digits, 3 for words. */
export function entropyOf(value: string): number {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) {
    const share = count / value.length;
    bits -= share * Math.log2(share);
  }
  return bits;
}
