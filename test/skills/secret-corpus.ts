import { createHash, generateKeyPairSync } from "node:crypto";

export interface SecretCorpus {
  readonly files: Readonly<Record<string, string>>;
  /** `file:line rule` */
  readonly expected: readonly string[];
  /** The random part of each secret. */
  readonly secrets: readonly string[];
}

/**
 * Files with secrets that nobody uses, well formed and made from parts, so that no scanner of repositories takes this file
 * for a leak; and files with what only looks like secrets.
 */
export function makeSecretCorpus(): SecretCorpus {
  const secrets: string[] = [];
  const files: Record<string, string> = {};
  const expected: string[] = [];
  const random = (name: string, length: number, alphabet = LETTERS): string => {
    const text = pseudoRandom(name, length, alphabet);
    secrets.push(text);
    return text;
  };
  for (const { file, rule, line } of trueCases(random)) {
    files[file] = `first line\n${line}\n`;
    expected.push(`${file}:2 security/secret-${rule}`);
  }
  for (const [index, line] of LOOK_ALIKES.entries())
    files[`clean-${index}.env`] = `# a comment\n${line}\n`;
  for (const [index, line] of CODE_LOOK_ALIKES.entries()) files[`clean-${index}.js`] = `${line}\n`;
  return { files, expected, secrets };
}

const LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
const CAPITALS = "ABCDEFGHJKLMNPQRSTUVWXYZ234567";
const HEX = "0123456789abcdef";

/** The same characters for the same name. */
function pseudoRandom(name: string, length: number, alphabet: string): string {
  let text = "";
  for (let round = 0; text.length < length; round++) {
    for (const byte of createHash("sha512").update(`${name} ${round}`).digest()) {
      text += alphabet[byte % alphabet.length] ?? "";
    }
  }
  return text.slice(0, length);
}

function trueCases(random: (name: string, length: number, alphabet?: string) => string) {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2_048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const join = (...parts: readonly string[]): string => parts.join("");
  return [
    { file: "aws.env", rule: "aws", line: join("KEY_ID=AK", "IA", random("aws-id", 16, CAPITALS)) },
    {
      file: "aws.js",
      rule: "aws",
      line: join('const aws_secret_access_key = "', random("aws", 40), '";'),
    },
    { file: "github.yaml", rule: "github", line: join("token: gh", "p_", random("github", 36)) },
    {
      file: "github.py",
      rule: "github",
      line: join('TOKEN = "gh', "o_", random("github-2", 36), '"'),
    },
    {
      file: "gitlab.sh",
      rule: "gitlab",
      line: join("export TOKEN=gl", "pat-", random("gitlab", 20)),
    },
    {
      file: "slack.json",
      rule: "slack",
      line: join(
        '{"bot": "xo',
        "xb-",
        random("s1", 12, "123456789"),
        "-",
        random("s2", 12, "123456789"),
        "-",
        random("s3", 24),
        '"}',
      ),
    },
    {
      file: "stripe.ts",
      rule: "stripe",
      line: join('const stripe = "sk_', "live_", random("stripe", 24), '";'),
    },
    {
      file: "sendgrid.rb",
      rule: "sendgrid",
      line: join('KEY = "S', "G.", random("sg1", 22), ".", random("sg2", 43), '"'),
    },
    {
      file: "npmrc",
      rule: "npm",
      line: join("//npm.shop.io/:_authToken=np", "m_", random("npm", 36)),
    },
    { file: "key.pem", rule: "privatekey", line: privateKey },
    {
      file: "Dockerfile",
      rule: "database-connection-string",
      line: join("ENV URL=postgres", "://shop:", random("pg", 14), "@db.shop.io:5432/shop"),
    },
    {
      file: "mongo.js",
      rule: "database-connection-string",
      line: join('connect("mongodb', "://shop:", random("mongo", 14), '@db.shop.io:27017/shop");'),
    },
    {
      file: "address.txt",
      rule: "basicauth",
      line: join("curl https", "://bob:", random("basic", 12), "@api.shop.io/orders"),
    },
    {
      file: "assigned.js",
      rule: "key",
      line: join('const apiKey = "', random("assigned", 32), '";'),
    },
    { file: ".env", rule: "key", line: join("PAYMENT_API_KEY=", random("env", 32, HEX)) },
    {
      file: "settings.py",
      rule: "password",
      line: join("DB_PASSWORD = '", random("password", 10), "!9a'"),
    },
    {
      file: "config.yml",
      rule: "password",
      line: join("  password: ", random("yaml", 12), "-7$k"),
    },
    { file: "client.go", rule: "key", line: join('ClientSecret: "', random("go", 40), '",') },
  ];
}

/** What stands in documentation, templates and examples, in the form of settings. */
const LOOK_ALIKES = [
  `AWS_ACCESS_KEY_ID=AK${"IAIOSFODNN7EXAMPLE"}`,
  `AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCY${"EXAMPLEKEY"}`,
  "API_KEY=your-api-key-goes-here-123",
  "API_KEY=<your-key>",
  "API_KEY=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
  "API_KEY=${API_KEY}",
  "SECRET=$SECRET_FROM_VAULT_2024",
  "PASSWORD=changeme123!A",
  "PASSWORD={{ vault.password }}",
  "DATABASE_URL=postgres://user:password@localhost:5432/app",
  "DATABASE_URL=postgres://app:Kx9fQ2mLp7@localhost:5432/app",
  "DATABASE_URL=mysql://root:root@db.internal.io/app",
  "HOMEPAGE=https://example.com/user:name@2x.png",
  `TOKEN=gh${"p_"}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`,
  "PASSWORD_FILE=/run/secrets/password-1",
  "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
];

/** What stands in programs. */
const CODE_LOOK_ALIKES = [
  "const apiKey = process.env.API_KEY;",
  'const passwordLabel = "Password-confirmation";',
  'const secretName = "prod/database/credentials-1";',
  'messages["password"] = "user.password.too_short";',
  'const accessKey = "ArrowLeftShiftControl";',
  'const apiKeyUrl = "https://docs.shop.io/api-keys-2024-A";',
  'const passwordPattern = "[A-Za-z0-9]{8,}";',
  'const integrity = "sha512-9Jx3sdlqDbOyLKqBmh9YsTHXkqW3cQm7p9Jx3sdlqDb==";',
  'const revision = "1f8fb76d0e3c5a9b7c2d4e6f8a0b1c3d5e7f9a1b";',
  "const secretKey = crypto.randomBytes(32);",
];
