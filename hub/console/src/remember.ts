/** Small choices kept in the browser. A browser that refuses storage only forgets them. */
export function recall(name: string): string | null {
  try {
    return localStorage.getItem(`cityedge.${name}`);
  } catch {
    return null; // storage blocked by the browser's settings
  }
}

export function remember(name: string, value: string): boolean {
  try {
    localStorage.setItem(`cityedge.${name}`, value);
    return true;
  } catch {
    return false; // storage blocked or full
  }
}
