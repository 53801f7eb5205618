import { formatLocation, type SwarmError } from "../../core/errors.ts";

/**
 * Text from files and agents as a terminal may show it: control characters, which could move the cursor or
 * change colours, become visible escapes.
 */
export function printable(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
    /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** A failure as it is told: `error code: place: message`, and the hint on a line of its own. */
export function errorText(error: SwarmError): string {
  const place = formatLocation(error.location);
  const head = `error ${error.code}: ${place === "" ? "" : `${printable(place)}: `}${printable(error.message)}`;
  return error.hint === undefined ? head : `${head}\n  ${printable(error.hint)}`;
}
