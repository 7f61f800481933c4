import { Component, type ComponentChildren } from "preact";

interface BoundaryProps {
  /** What stands in for the part that failed; `retry` shows the part again. */
  fallback: (error: Error, retry: () => void) => ComponentChildren;
  children: ComponentChildren;
}

/** Keeps a failure where it happened: the rest of the page goes on. */
export class Boundary extends Component<BoundaryProps, { error: Error | null }> {
  override state = { error: null };

  static override getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render({ fallback, children }: BoundaryProps, { error }: { error: Error | null }): ComponentChildren {
    return error === null ? children : fallback(error, () => this.setState({ error: null }));
  }
}
