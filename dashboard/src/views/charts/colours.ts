/** The colours of the style sheets as a canvas needs them. */

export interface ChartColours {
  line: string;
  fill: string;
  ink: string;
  grid: string;
  gap: string;
  stale: string;
  moment: string;
}

const TOKENS: Readonly<Record<keyof ChartColours, string>> = {
  line: "--series-1",
  fill: "--accent-tint",
  ink: "--ink-3",
  grid: "--hairline",
  gap: "--gap",
  stale: "--stale",
  moment: "--replay",
};

/** Reads the tokens as they are on this element now: a canvas can't follow `light-dark()` by itself. */
export function readColours(element: HTMLElement): ChartColours {
  const probe = document.createElement("span");
  probe.hidden = true;
  element.append(probe);
  const style = getComputedStyle(probe);
  const entries = Object.entries(TOKENS).map(([name, token]) => {
    probe.style.color = `var(${token})`;
    return [name, style.color];
  });
  probe.remove();
  return Object.fromEntries(entries) as ChartColours;
}

/** Calls back when the theme changes, by the person or by the system. */
export function onThemeChange(callback: () => void): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(callback);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  system.addEventListener("change", callback);
  return () => {
    observer.disconnect();
    system.removeEventListener("change", callback);
  };
}
