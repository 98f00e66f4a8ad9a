const numbers = new Intl.NumberFormat();
const percents = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const moments = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const clocks = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const units: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];

export function number(value: number): string {
  return numbers.format(value);
}

/** From 0 to 100; undefined is no data, which is not 0 %. */
export function percent(value: number | undefined): string {
  return value === undefined ? "no data" : `${percents.format(value)} %`;
}

/** In the browser's time zone. */
export function time(value: Date | string | undefined): string {
  return value === undefined ? "never" : moments.format(new Date(value));
}

/** Without the day if it is today. */
export function clock(value: Date | string): string {
  const at = new Date(value);
  return at.toDateString() === new Date().toDateString() ? clocks.format(at) : moments.format(at);
}

/** How long ago, or until when. */
export function ago(value: Date | string, now = new Date()): string {
  const seconds = (new Date(value).getTime() - now.getTime()) / 1000;
  const [unit, length] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return relative.format(Math.trunc(seconds / length), unit);
}

export function count(amount: number, one: string, many = `${one}s`): string {
  return `${number(amount)} ${amount === 1 ? one : many}`;
}
