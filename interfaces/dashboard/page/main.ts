import { render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { html } from "./html.ts";
import { followLinks, usePath } from "./navigation.ts";
import { RunPage } from "./run-page.ts";
import { RunsPage } from "./runs-page.ts";
import { Empty } from "./states.ts";

const PAGES = [{ path: "/runs", name: "Runs", keys: "g r" }] as const;

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
            html`<a href=${to} aria-current=${`/${page}` === to || (page === "" && to === "/runs") ? "page" : undefined}>${name}</a>`,
        )}
      </nav>
    </header>
    <main id="content" tabindex="-1" ref=${content}>${pageOf(path)}</main>
  </div>`;
}

function pageOf(path: string) {
  const [, page = "", first, second] = path.split("/");
  if (page === "" || (page === "runs" && first === undefined)) return html`<${RunsPage} />`;
  if (page === "runs" && first !== undefined)
    return html`<${RunPage} key=${first} run=${first} stage=${second} />`;
  return html`<${Empty} title="There is no such page"><p><a href="/runs">All runs</a></p></${Empty}>`;
}

const place = document.getElementById("page");
if (place !== null) {
  place.replaceChildren();
  render(html`<${Dashboard} />`, place);
}
