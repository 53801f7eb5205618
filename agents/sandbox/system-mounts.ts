import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where in the sandbox the Node.js of this process is found, first on PATH: the machine may have another, or none. */
export const OWN_PROGRAMS = "/run/cascade/bin";
const OWN_SETTINGS = "/run/cascade/etc";

/**
 * Arguments that give a program the system's programs and libraries, read-only, and of `/etc` what names no secret and nobody.
 * Links where they will do: each mount costs every program a millisecond.
 */
export function systemMounts(): readonly string[] {
  return [
    ...readOnly("/usr"),
    ...["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"].flatMap(linkOrMount),
    ...[...ETC_OF_HOST, ...javaSettings()].flatMap(linkOrMount),
    ...readOnly(fileURLToPath(new URL("./etc", import.meta.url)), OWN_SETTINGS),
    ...["passwd", "group", "hosts", "nsswitch.conf"].flatMap((name) => [
      "--symlink",
      `${OWN_SETTINGS}/${name}`,
      `/etc/${name}`,
    ]),
    ...readOnly(process.execPath, `${OWN_PROGRAMS}/node`),
  ];
}

const ETC_OF_HOST = [
  "/etc/alternatives",
  "/etc/ld.so.cache",
  "/etc/localtime",
  "/etc/ssl/certs",
  "/etc/ssl/openssl.cnf",
  "/etc/pki/tls/certs",
];

/** Debian's Java does not start without. */
function javaSettings(): readonly string[] {
  const names = readdirSync("/etc").filter((name) => /^java-\d+-openjdk$/.test(name));
  return names.map((name) => `/etc/${name}`);
}

/** What is a link into `/usr` stays one. */
function linkOrMount(path: string): readonly string[] {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return [];
  if (!found.isSymbolicLink()) return readOnly(path);
  const target = readlinkSync(path);
  return /^\/?usr\//.test(target) ? ["--symlink", target, path] : ["--ro-bind-try", path, path];
}

function readOnly(source: string, target = source): readonly string[] {
  return ["--ro-bind", source, target];
}
