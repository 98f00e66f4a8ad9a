/** The address of a view within the page: `#/devices?health=Healthy`. */
export function link(view: string, parameters: Record<string, string | undefined> = {}): string {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "");
  const query = new URLSearchParams(given).toString();
  return `#/${view}${query === "" ? "" : `?${query}`}`;
}

export function currentAddress(): { view: string; parameters: URLSearchParams } {
  const [view, query] = location.hash.replace(/^#\/?/, "").split("?", 2);
  return { view: view ?? "", parameters: new URLSearchParams(query ?? "") };
}

/** Keeps what the open view shows in the address, without opening it again. */
export function keep(view: string, parameters: Record<string, string | undefined>): void {
  history.replaceState(history.state, "", link(view, parameters));
}

export function go(view: string, parameters: Record<string, string | undefined> = {}): void {
  location.hash = link(view, parameters);
}
