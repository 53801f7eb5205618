const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function isLeapYear(year) {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

export function daysInMonth(year, month) {
  if (month < 1 || month > 12) throw new RangeError(`no month ${month}`);
  if (month === 2 && isLeapYear(year)) return 29;
  return LENGTHS[month - 1];
}

export function dayOfYear(year, month, day) {
  let days = day;
  for (let earlier = 1; earlier < month; earlier++) {
    days += daysInMonth(year, earlier);
  }
  return days;
}

export function nextDay({ year, month, day }) {
  if (day < daysInMonth(year, month)) return { year, month, day: day + 1 };
  if (month === 12) return { year: year + 1, month: 1, day: 1 };
  return { year, month: month + 1, day: 1 };
}
