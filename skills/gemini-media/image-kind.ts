type ImageKind = "png" | "jpg" | "webp" | "gif";

/** The kind of an image by its first bytes, and the ending of its file; undefined when it is none of these. */
export function kindOfImage(bytes: Uint8Array): ImageKind | undefined {
  const text = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (text.startsWith("\xff\xd8\xff")) return "jpg";
  if (text.startsWith("RIFF") && text.endsWith("WEBP")) return "webp";
  return text.startsWith("GIF87a") || text.startsWith("GIF89a") ? "gif" : undefined;
}
