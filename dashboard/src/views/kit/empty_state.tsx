import type { LucideIcon } from "lucide-preact";
import type { ComponentChildren } from "preact";

interface EmptyStateProps {
  icon: LucideIcon;
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
