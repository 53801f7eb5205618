import { render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { ApprovalsPage } from "./approvals-page.ts";
import { HomePage } from "./home-page.ts";
import { html } from "./html.ts";
import { LettersPage } from "./letters-page.ts";
import { MemoryPage } from "./memory-page.ts";
import { followLinks, usePath } from "./navigation.ts";
import { RunPage } from "./run-page.ts";
import { RunsPage } from "./runs-page.ts";
import { Empty } from "./states.ts";
import { TopologyPage } from "./topology-page.ts";

const PAGES = [
  { path: "/", name: "Home" },
  { path: "/runs", name: "Runs" },
  { path: "/approvals", name: "Approvals" },
  { path: "/topology", name: "Topology" },
  { path: "/memory", name: "Memory" },
  { path: "/letters", name: "Dead letters" },
] as const;
/** Pages that show one run belong to the list of runs. */
const RUN_VIEWS: ReadonlySet<string> = new Set(["runs", "timeline", "events"]);

function Dashboard() {
  const path = usePath();
  const content = useRef<HTMLElement>(null);
  const page = path.split("/")[1] ?? "";
  // A reader that went to another page goes on at its beginning.
  const before = useRef(page);
  useEffect(() => {
    if (before.current !== page) content.current?.focus();
    before.current = page;
  }, [page]);
  return html`<div class="frame" onClick=${followLinks}>
    <a class="skip" href="#content" onClick=${(event: Event) => {
      event.preventDefault();
      content.current?.focus();
    }}>To the content</a>
    <header>
      <a class="name" href="/">Cascade</a>
      <nav aria-label="Pages">
        ${PAGES.map(
          ({ path: to, name }) =>
            html`<a href=${to} aria-current=${isAt(page, to) ? "page" : undefined}>${name}</a>`,
        )}
      </nav>
    </header>
    <main id="content" tabindex="-1" ref=${content}>${pageOf(path)}</main>
  </div>`;
}

function isAt(page: string, path: string): boolean {
  return path === "/runs" ? RUN_VIEWS.has(page) : `/${page}` === path;
}

function pageOf(path: string) {
  const [, page = "", first, second] = path.split("/");
  switch (page) {
    case "runs":
    case "timeline":
    case "events":
      if (first === undefined) return html`<${RunsPage} />`;
      return html`<${RunPage} key=${first} run=${first} view=${page} stage=${second} />`;
    case "":
      return html`<${HomePage} />`;
    case "approvals":
      return html`<${ApprovalsPage} />`;
    case "topology":
      return html`<${TopologyPage} />`;
    case "memory":
      return html`<${MemoryPage} />`;
    case "letters":
      return html`<${LettersPage} />`;
    default:
      return html`<${Empty} title="There is no such page"><p><a href="/runs">All runs</a></p></${Empty}>`;
  }
}

const place = document.getElementById("page");
if (place !== null) {
  place.replaceChildren();
  render(html`<${Dashboard} />`, place);
}
