import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { loadBrowserModules } from "../../interfaces/dashboard/server/browser-modules.ts";
import { shellOf } from "../../interfaces/dashboard/server/shell.ts";

const modules = loadBrowserModules();
const ours = [...modules.files].filter(([address]) => address.startsWith("/modules/"));

it("sends a browser less than 60 KB, compressed", () => {
  const bytes = [...modules.files.values()].map(({ body }) => gzipSync(body).length);
  expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(60_000);
});

it("loads nothing from elsewhere, and every import is served", () => {
  const libraries = (JSON.parse(modules.importMap) as { imports: Record<string, string> }).imports;
  for (const [address, { body }] of ours) {
    for (const [, specifier = ""] of body.matchAll(/^(?:import|export) .*?from "([^"]+)"/gms)) {
      const target = specifier.startsWith(".")
        ? new URL(specifier, `http://site${address}`).pathname
        : libraries[specifier];
      expect(modules.files.has(target ?? ""), `${address} imports ${specifier}`).toBe(true);
    }
  }
  const { html } = shellOf(modules);
  expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
});

it("makes no markup of data: text nodes and attributes only", () => {
  const forbidden =
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySetInnerHTML|\beval\(|new Function|DOMParser|javascript:/;
  expect(ours.filter(([, { body }]) => forbidden.test(body)).map(([address]) => address)).toEqual(
    [],
  );
});

it("lets no page do more than it needs", () => {
  const { contentSecurityPolicy } = shellOf(modules);
  expect(contentSecurityPolicy).toMatch(
    /^default-src 'none'; script-src 'self' 'sha256-[\w+/=]+';/,
  );
  expect(contentSecurityPolicy).not.toMatch(/unsafe|\*|https?:/);
  expect(contentSecurityPolicy).toContain("require-trusted-types-for 'script'");
});
