import type { ComponentChildren, ComponentType } from "preact";

interface EmptyStateProps {
  icon: ComponentType<{ size?: number; "aria-hidden"?: "true" }>;
  /** What would be here. */
  title: string;
  /** Why it is not, and the one next step. */
  children?: ComponentChildren;
}

/** An empty place says what would be here, why it is not, and what to do next. */
export function EmptyState({ icon: Icon, title, children }: EmptyStateProps) {
  return (
    <div class="empty" data-testid="empty">
      <Icon size={32} aria-hidden="true" />
      <h2>{title}</h2>
      {children}
    </div>
  );
}
