/** How much of the data the files show; what is left out is said there. */
export const COLUMNS = 20;
/** Characters of a value. */
export const CELL = 120;
/** Groups in the table, and in a chart. */
export const GROUP_ROWS = 50;
export const GROUP_BARS = 15;
/** Measures with a chart by group, and with a histogram. */
export const BAR_CHARTS = 4;
export const HISTOGRAMS = 6;
