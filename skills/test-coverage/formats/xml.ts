import sax from "sax";
import { SwarmError } from "../../../core/errors.ts";
import { type CoverageReport, openHitCounter } from "./line-hits.ts";

/** Cobertura, which coverage.py writes too, and JaCoCo: told apart by their outermost element. */
export function readXml(text: string): CoverageReport {
  const counter = openHitCounter();
  const bases: string[] = [];
  let format: string | undefined;
  let path: string | undefined;
  let folder = "";
  let isBase = false;
  walkXml(text, {
    open: (name, attributes) => {
      format ??= name;
      if (name === "source") isBase = true;
      if (name === "class" && format === "coverage") path = attributes["filename"];
      if (name === "package" && format === "report") folder = attributes["name"] ?? "";
      if (name === "sourcefile") path = `${folder}/${attributes["name"] ?? ""}`;
      if (name !== "line" || path === undefined) return;
      const [line, hits] =
        format === "report"
          ? [attributes["nr"], attributes["ci"]]
          : [attributes["number"], attributes["hits"]];
      counter.add(path, Number(line), Number(hits));
    },
    text: (content) => {
      if (isBase && content.trim() !== "") bases.push(content.trim());
    },
    close: (name) => {
      if (name === "source") isBase = false;
      if (name === "class" || name === "sourcefile") path = undefined;
    },
  });
  if (format !== "coverage" && format !== "report") {
    throw new SwarmError("invalid-input", `<${format}> is neither Cobertura nor JaCoCo`);
  }
  return { files: counter.files, bases };
}

/** Streams elements. Entities of a document type are not known, so none is ever expanded. */
function walkXml(
  text: string,
  on: {
    readonly open: (name: string, attributes: Readonly<Record<string, string>>) => void;
    readonly text: (content: string) => void;
    readonly close: (name: string) => void;
  },
): void {
  const parser = sax.parser(true, { xmlns: false, position: false });
  parser.onopentag = ({ name, attributes }) => on.open(name, attributes as Record<string, string>);
  parser.ontext = on.text;
  parser.onclosetag = on.close;
  parser.onerror = (error) => {
    throw new SwarmError("invalid-input", `not XML: ${error.message.split("\n")[0]}`, {
      cause: error,
    });
  };
  parser.write(text).close();
}
