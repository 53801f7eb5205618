/** How a tool tells its problems. */
export type Dialect = "eslint" | "oxlint" | "github" | "ruff";

/** A formatter or linter that a project can choose. Programs are looked for where the project installs them, then in the system. */
export interface StyleTool {
  readonly name: string;
  /** Where it is installed: by npm, by pip, or with the language. */
  readonly from: "npm" | "pip" | "system";
  /** Files, at the top of the project, by which a project chooses it. */
  readonly configuredBy: RegExp;
  /** What of `package.json` or `pyproject.toml` chooses it. */
  readonly sections?: RegExp;
  /** Arguments that tell problems and change nothing. */
  readonly lint?: { readonly args: readonly string[]; readonly dialect: Dialect };
  /** Arguments, for one run each, that change files. */
  readonly rewrite: readonly (readonly string[])[];
}

/** Linters first, so that formatters have the last word about what they changed. */
export const STYLE_TOOLS: readonly StyleTool[] = [
  {
    name: "eslint",
    from: "npm",
    configuredBy: /^(?:eslint\.config\.[cm]?[jt]s|\.eslintrc(?:\.(?:c?js|ya?ml|json))?)$/,
    sections: /"eslintConfig"\s*:/,
    lint: { args: ["--format", "json", "."], dialect: "eslint" },
    rewrite: [["--fix", "--format", "json", "."]],
  },
  {
    name: "oxlint",
    from: "npm",
    configuredBy: /^\.oxlintrc\.jsonc?$/,
    sections: /"oxlint"\s*:\s*"/,
    lint: { args: ["--format", "json", "."], dialect: "oxlint" },
    rewrite: [["--fix", "--format", "json", "."]],
  },
  {
    name: "ruff",
    from: "pip",
    configuredBy: /^\.?ruff\.toml$/,
    sections: /^\[tool\.ruff[\].]/m,
    lint: { args: ["check", "--no-cache", "--output-format", "json", "."], dialect: "ruff" },
    rewrite: [
      ["check", "--no-cache", "--fix", "--output-format", "json", "."],
      ["format", "--no-cache", "."],
    ],
  },
  {
    name: "biome",
    from: "npm",
    configuredBy: /^biome\.jsonc?$/,
    sections: /"@biomejs\/biome"\s*:\s*"/,
    lint: {
      args: ["lint", "--reporter=github", "--max-diagnostics=1000", "--vcs-enabled=false", "."],
      dialect: "github",
    },
    rewrite: [["check", "--write", "--vcs-enabled=false", "."]],
  },
  {
    name: "prettier",
    from: "npm",
    configuredBy: /^(?:\.prettierrc(?:\..{1,10})?|prettier\.config\.[cm]?[jt]s)$/,
    sections: /"prettier"\s*:/,
    rewrite: [["--write", "--log-level", "warn", "."]],
  },
  {
    name: "black",
    from: "pip",
    configuredBy: /^(?!)/,
    sections: /^\[tool\.black\]/m,
    rewrite: [["--quiet", "."]],
  },
  { name: "gofmt", from: "system", configuredBy: /^go\.mod$/, rewrite: [["-w", "."]] },
  {
    name: "cargo",
    from: "system",
    configuredBy: /^Cargo\.toml$/,
    rewrite: [["fmt"]],
  },
];

/** Files that may choose a tool in a part of theirs. */
export const MANIFESTS = ["package.json", "pyproject.toml"] as const;

/** The tools that a project has chosen. @param manifests the texts of those manifests that are there. Pure. */
export function chosenTools(
  topFiles: readonly string[],
  manifests: readonly string[],
): readonly StyleTool[] {
  return STYLE_TOOLS.filter(
    ({ configuredBy, sections }) =>
      topFiles.some((file) => configuredBy.test(file)) ||
      manifests.some((text) => sections?.test(text) === true),
  );
}
