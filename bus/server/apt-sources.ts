/** Where a machine gets Debian packages from, and the keys that it trusts for them. */
export interface AptSource {
  readonly mirror: string;
  /** What `Signed-By` names, when it is a file. */
  readonly keyring?: string;
}

/** A source with these suites is Debian's archive, whatever its mirror is called. */
const DEBIAN_SUITE =
  /^(stable|oldstable|testing|unstable|sid|bullseye|bookworm|trixie|forky)(-updates)?$/;
const ARCHIVE_SCHEME = /^(https?|mirror\+file):/;

/** The first Debian archive (not the security one) that apt sources name, in either of their formats. */
export function parseAptSources(text: string): AptSource | undefined {
  return [...stanzas(text), ...lines(text)].find(isDebianArchive)?.source;
}

interface Entry {
  readonly source: AptSource;
  readonly suites: readonly string[];
}

function isDebianArchive({ source, suites }: Entry): boolean {
  return ARCHIVE_SCHEME.test(source.mirror) && suites.some((name) => DEBIAN_SUITE.test(name));
}

/** The deb822 format: stanzas of `Name: value`. */
function* stanzas(text: string): Generator<Entry> {
  const uncommented = text.replace(/^#.*\n?/gm, "");
  for (const stanza of uncommented.split(/\n\s*\n/)) {
    const words = (name: string): readonly string[] => {
      const value = new RegExp(`^${name}:[ \\t]*(.*)$`, "im").exec(stanza)?.[1] ?? "";
      return value.split(/\s+/).filter((word) => word !== "");
    };
    const [mirror] = words("URIs");
    if (mirror === undefined || !words("Types").includes("deb")) continue;
    if (words("Enabled")[0] === "no") continue;
    yield entryOf(mirror, words("Suites"), words("Signed-By")[0]);
  }
}

/** The old format: `deb [options] mirror suite components`. */
function* lines(text: string): Generator<Entry> {
  for (const line of text.split("\n")) {
    const [, options = "", mirror, suite] =
      /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)/.exec(line) ?? [];
    if (mirror === undefined || suite === undefined) continue;
    yield entryOf(mirror, [suite], /signed-by=(\S+)/i.exec(options)?.[1]);
  }
}

/** Keys may also stand in the sources themselves; only a file can be named again. */
function entryOf(mirror: string, suites: readonly string[], signedBy: string | undefined): Entry {
  const keyring = signedBy?.startsWith("/") ? { keyring: signedBy } : {};
  return { source: { mirror, ...keyring }, suites };
}
