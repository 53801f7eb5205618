/** Code that stands in a repository but that nobody there wrote. */
export type SetApart = "generated" | "vendored";

/** Folders by their name, wherever they stand. */
const FOLDERS: Readonly<Record<string, SetApart>> = {
  dist: "generated",
  __generated__: "generated",
  __pycache__: "generated",
  vendor: "vendored",
  vendored: "vendored",
  third_party: "vendored",
  "third-party": "vendored",
  thirdparty: "vendored",
  "site-packages": "vendored",
};

const LOCK_FILES: ReadonlySet<string> = new Set([
  "Cargo.lock",
  "Gemfile.lock",
  "bun.lock",
  "composer.lock",
  "go.sum",
  "npm-shrinkwrap.json",
  "package-lock.json",
  "pnpm-lock.yaml",
  "poetry.lock",
  "uv.lock",
  "yarn.lock",
]);

/** What protocol compilers and other tools call their output. */
const GENERATED_NAMES =
  /\.(?:generated|pb|g|freezed)\.[a-z]+$|_pb2(?:_grpc)?\.pyi?$|_pb\.(?:js|d\.ts)$/;

/** Written in the first lines, because tools and people look for it there. */
const HEADER_CHARACTERS = 2_000;
const COMMENT_BEGINS = /^\s*(?:\/\/|\/\*|\*|#|--|;)/;

/** Why a folder of this name is set apart. */
export function reasonInFolderName(name: string): SetApart | undefined {
  return Object.hasOwn(FOLDERS, name) ? FOLDERS[name] : undefined;
}

/** Why a file of this name is set apart. */
export function reasonInFileName(name: string): SetApart | undefined {
  return LOCK_FILES.has(name) || GENERATED_NAMES.test(name) ? "generated" : undefined;
}

/**
 * Whether a comment at the top says that a tool wrote the file: the marker that most tools use, or the sentence that Go
 * settled on (https://go.dev/s/generatedcode).
 */
export function saysItIsGenerated(text: string): boolean {
  return text
    .slice(0, HEADER_CHARACTERS)
    .split("\n")
    .some((line) => COMMENT_BEGINS.test(line) && isMarker(line));
}

function isMarker(line: string): boolean {
  if (/(?:^|\s)@generated\b/.test(line)) return true;
  const at = line.search(/\bcode generated\b/i);
  return at !== -1 && /\bdo not edit\b/i.test(line.slice(at));
}
