import { describe, expect, it } from "vitest";
import { parseAptSources } from "../../bus/server/apt-sources.ts";
import { configText } from "../../bus/server/config.ts";
import { isAtLeast, parseVersion } from "../../bus/server/version.ts";
import { openSubjects } from "../../core/subjects.ts";

const settings = {
  name: "cascade-1",
  port: 4222,
  storeFolder: '/home/ann/my "app"\\x/.cascade/nats',
  user: "cascade",
  password: "secret",
  sync: "always",
  access: {
    subjects: openSubjects(),
    agents: new Map(),
    links: new Map(),
    submitter: "USUBMITTER",
  },
} as const;

describe("server configuration", () => {
  it("listens on loopback, asks for a password and syncs every write where the server knows how", () => {
    expect(configText({ ...settings, version: { major: 2, minor: 10, patch: 0 } })).toEqual(
      expect.stringContaining(`listen: "127.0.0.1:4222"
server_name: "cascade-1"
max_payload: 1MB
jetstream {
  store_dir: "/home/ann/my \\"app\\"\\\\x/.cascade/nats"
  sync_interval: always
}
accounts {
  CASCADE {
    jetstream: enabled
    users: [
      { user: "cascade", password: "secret" }
    ]
`),
    );
  });

  it("leaves out what an older server refuses to start with", () => {
    const text = configText({ ...settings, version: { major: 2, minor: 9, patch: 10 } });
    expect(text).not.toContain("sync_interval");
  });

  it("refuses a path that would add lines to the configuration", () => {
    const config = {
      ...settings,
      storeFolder: "/a\nlisten: 0.0.0.0",
      version: { major: 2, minor: 10, patch: 0 },
    };
    expect(() => configText(config)).toThrow(/cannot be written/);
  });
});

describe("server version", () => {
  it.each([
    ["nats-server: v2.10.27", { major: 2, minor: 10, patch: 27 }],
    ["2.9.10-1+b3", { major: 2, minor: 9, patch: 10 }],
    ["no version here", undefined],
  ])("reads %j", (text, version) => {
    expect(parseVersion(text)).toEqual(version);
  });

  it.each([
    ["2.10.0", "2.9.10", true],
    ["2.9.9", "2.9.10", false],
    ["3.0.0", "2.10.0", true],
    ["2.9.10", "2.9.10", true],
  ])("%s is at least %s: %s", (version, lowest, expected) => {
    const none = { major: 0, minor: 0, patch: 0 };
    expect(isAtLeast(parseVersion(version) ?? none, parseVersion(lowest) ?? none)).toBe(expected);
  });
});

describe("apt sources", () => {
  it.each([
    [
      "the stanza format",
      "Types: deb\n# note\nURIs: http://mirror.example/debian\nSuites: bookworm\nSigned-By: /usr/share/keyrings/a.gpg\n",
      { mirror: "http://mirror.example/debian", keyring: "/usr/share/keyrings/a.gpg" },
    ],
    [
      "one line a source",
      "deb-src http://x.example/debian a main\ndeb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian/ bookworm main\n",
      { mirror: "http://mirror.example/debian/", keyring: "/k.gpg" },
    ],
    ["other archives", "deb https://packages.example/node nodistro main\n", undefined],
    [
      "the first archive, not the security one",
      "Types: deb\nURIs: http://mirror.example/debian-security\nSuites: bookworm-security\n\nTypes: deb\nURIs: https://mirror.example/proxy/\nSuites: trixie trixie-updates\n",
      { mirror: "https://mirror.example/proxy/" },
    ],
    [
      "a list of mirrors",
      "Types: deb deb-src\nURIs: mirror+file:/etc/apt/mirrors/debian.list\nSuites: trixie\n",
      { mirror: "mirror+file:/etc/apt/mirrors/debian.list" },
    ],
    [
      "keys that stand in the sources",
      "Types: deb\nURIs: http://mirror.example/debian\nSuites: trixie\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n",
      { mirror: "http://mirror.example/debian" },
    ],
    [
      "what is switched on only",
      "Types: deb\nEnabled: no\nURIs: http://a.example/debian\nSuites: trixie\n\n#Types: deb\n#URIs: http://b.example/debian\n#Suites: trixie\n",
      undefined,
    ],
    ["no source packages", "deb-src http://mirror.example/debian trixie main\n", undefined],
    ["no disc", "deb cdrom:[Debian]/ bookworm main\n", undefined],
    ["not Ubuntu's", "deb http://mirror.example/ubuntu noble main\n", undefined],
  ])("reads %s", (_, text, expected) => {
    expect(parseAptSources(text)).toEqual(expected);
  });
});
