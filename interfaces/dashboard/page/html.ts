import htm from "htm";
import { h } from "preact";

/** Markup of a page. What stands in `${…}` becomes text or attributes, never markup. */
export const html = htm.bind(h);
