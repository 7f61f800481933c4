/** One observer for everything that wants to know whether it is seen: what is out of view is not painted. */

const MARGIN = "200px";

/** Tells elements whether they are in view or within 200 px of it. */
export class Visibility {
  readonly #callbacks = new Map<Element, (visible: boolean) => void>();
  #observer: IntersectionObserver | null = null;

  /** Calls back at once and at each change, until the returned function is called. */
  watch(element: Element, callback: (visible: boolean) => void): () => void {
    this.#observer ??= new IntersectionObserver((entries) => this.#tell(entries), { rootMargin: MARGIN });
    this.#callbacks.set(element, callback);
    this.#observer.observe(element);
    return () => {
      this.#callbacks.delete(element);
      this.#observer?.unobserve(element);
    };
  }

  #tell(entries: readonly IntersectionObserverEntry[]): void {
    for (const entry of entries) this.#callbacks.get(entry.target)?.(entry.isIntersecting);
  }
}
