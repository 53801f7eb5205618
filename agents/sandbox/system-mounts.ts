import { lstatSync, readlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where in the sandbox the Node.js of this process is found, first on PATH: the machine may have another, or none. */
export const OWN_PROGRAMS = "/run/cascade/bin";

/** Arguments that give a program the system's programs and libraries, read-only, and of `/etc` what names no secret and nobody. */
export function systemMounts(): readonly string[] {
  return [
    "--ro-bind",
    "/usr",
    "/usr",
    ...TOP_FOLDERS.flatMap(topFolder),
    ...ETC_OF_HOST.flatMap((path) => ["--ro-bind-try", path, path]),
    ...ETC_OF_OURS.flatMap((name) => ["--ro-bind", ownFile(name), `/etc/${name}`]),
    "--ro-bind",
    process.execPath,
    `${OWN_PROGRAMS}/node`,
  ];
}

const TOP_FOLDERS = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
const ETC_OF_HOST = [
  "/etc/alternatives",
  "/etc/ld.so.cache",
  "/etc/ld.so.conf",
  "/etc/ld.so.conf.d",
  "/etc/localtime",
  "/etc/ssl/certs",
  "/etc/ssl/openssl.cnf",
  "/etc/pki/tls/certs",
  "/etc/java",
];
const ETC_OF_OURS = ["passwd", "group", "hosts", "nsswitch.conf"];

/** Links into `/usr` on most systems, folders of their own on some. */
function topFolder(path: string): readonly string[] {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return [];
  if (found.isSymbolicLink()) return ["--symlink", readlinkSync(path), path];
  return ["--ro-bind", path, path];
}

function ownFile(name: string): string {
  return fileURLToPath(new URL(`./etc/${name}`, import.meta.url));
}
