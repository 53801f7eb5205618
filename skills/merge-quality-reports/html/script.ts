/** Filters the table of findings. The page's only script; nothing else needs one. */
export const SCRIPT = `
const rows = [...document.querySelectorAll("#findings tbody tr")];
const texts = rows.map((row) => row.textContent.toLowerCase());
const filter = document.querySelector(".filter");
if (filter !== null) {
  const words = document.querySelector("#words");
  const boxes = [...filter.querySelectorAll("[type=checkbox]")];
  const apply = () => {
    const wanted = words.value.toLowerCase().split(/\\s+/).filter((word) => word !== "");
    const severities = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let number = 0;
    rows.forEach((row, index) => {
      const shown = severities.has(row.dataset.severity) && wanted.every((word) => texts[index].includes(word));
      row.hidden = !shown;
      if (shown) number += 1;
    });
    document.querySelector("#number").textContent = number + " of " + rows.length;
  };
  filter.addEventListener("input", apply);
  filter.hidden = false;
  apply();
}
`;
