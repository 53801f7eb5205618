export function capitalize(word) {
  if (word.length === 0) return "";
  return word[0].toUpperCase() + word.slice(1).toLowerCase();
}

export function slug(title) {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
}

export function shorten(text, most) {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).trimEnd()}…`;
}

export function initials(name) {
  return name
    .split(" ")
    .filter((part) => part !== "")
    .map((part) => part[0].toUpperCase())
    .join("");
}

export function isPalindrome(text) {
  const letters = text.toLowerCase().replace(/[^a-z]/g, "");
  for (let left = 0, right = letters.length - 1; left < right; left++, right--) {
    if (letters[left] !== letters[right]) return false;
  }
  return true;
}
