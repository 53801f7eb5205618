import { createHash } from "node:crypto";
import type { BrowserModules } from "./browser-modules.ts";

/** The one HTML document, the same for every page; and what a browser may do in it. */
export interface Shell {
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

export function shellOf({ files, importMap, main }: BrowserModules): Shell {
  const preloads = [...files]
    .filter(([, { type }]) => type === "text/javascript")
    .map(([address]) => `<link rel="modulepreload" href="${address}">`);
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Cascade</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="data:,">
<script type="importmap">${importMap}</script>
${preloads.join("\n")}
<script type="module" src="${main}"></script>
</head>
<body>
<div id="page"><p class="loading">Loading…</p></div>
<noscript><p>The dashboard needs JavaScript. <code>cascade-swarm runs show &lt;run&gt;</code> says the same on a terminal.</p></noscript>
</body>
</html>
`;
  const digest = createHash("sha256").update(importMap).digest("base64");
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'sha256-${digest}'`,
    "style-src 'self'",
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  return { html, contentSecurityPolicy: policy.join("; ") };
}
