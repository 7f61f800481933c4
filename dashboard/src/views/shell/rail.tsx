import { useLocation } from "preact-iso";
import { useApp, useText } from "../app/app.ts";
import { isAt, pagesOf } from "./pages.ts";
import "./rail.css";

/** The way to each page: a column at the side, a bar below on phones. */
export function Rail() {
  const text = useText();
  const { path } = useLocation();
  const { session } = useApp();
  return (
    <nav class="rail" aria-label={text("page.main")}>
      <a class="rail__brand" href="/" aria-label={text("app.name")} tabIndex={-1}>
        <img src="/favicon.svg" alt="" width={28} height={28} />
        <span class="rail__label">{text("app.name")}</span>
      </a>
      <ul class="rail__pages">
        {pagesOf(session.me.value?.role).map(({ path: page, id, icon: Icon }) => (
          <li key={page}>
            <a class="rail__page" href={page} aria-current={isAt(page, path) ? "page" : undefined} title={text(id)}>
              <Icon size={18} aria-hidden="true" />
              <span class="rail__label">{text(id)}</span>
              {page === "/chat" && <UnreadBadge />}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function UnreadBadge() {
  const { hub } = useApp();
  const text = useText();
  const unread = hub.chat.unread.value;
  if (unread === 0) return null;
  return (
    <span class="badge" data-testid="unread">
      <span aria-hidden="true">{unread > 99 ? "99+" : unread}</span>
      <span class="visually-hidden">{text("chat.unread", { n: unread })}</span>
    </span>
  );
}
