import { MapPinOff } from "lucide-preact";
import { useEffect, useState } from "preact/hooks";
import { ErrorBoundary, LocationProvider, lazy, Route, Router, useLocation } from "preact-iso";
import { loadLanguage } from "../i18n/language.ts";
import { type App, AppContext, useApp, useText, useTitle } from "./app/app.ts";
import { EmptyState } from "./kit/empty_state.tsx";
import { AppShell } from "./shell/app_shell.tsx";

const SignIn = lazy(() => import("./sign_in/index.tsx"));
const Overview = lazy(() => import("./overview/index.tsx"));
const Devices = lazy(() => import("./devices/index.tsx"));
const DevicePage = lazy(() => import("./device/index.tsx"));
const Inbox = lazy(() => import("./inbox/index.tsx"));
const Chat = lazy(() => import("./chat/index.tsx"));

/** The whole page, made anew when another language is chosen: no component has to follow a language. */
export function Root({ app }: { app: App }) {
  useLanguage(app);
  return (
    <AppContext.Provider value={app} key={app.language.value.code}>
      <LocationProvider>
        <Entrance />
      </LocationProvider>
    </AppContext.Provider>
  );
}

function useLanguage(app: App): void {
  const wanted = app.preferences.language.value;
  useEffect(() => {
    if (wanted === undefined || wanted === app.language.peek().code) return;
    void loadLanguage(wanted, navigator.languages).then((language) => {
      document.documentElement.lang = language.code;
      app.language.value = language;
    });
  }, [app, wanted]);
}

/** Those who are signed in get the pages; the others are led to the sign-in and come back to where they wanted to be. */
function Entrance() {
  const { session } = useApp();
  const { path, route, url } = useLocation();
  const state = session.state.value;
  const outside = path === "/sign-in";
  useEffect(() => {
    if (state === "signed_out" && !outside) route(`/sign-in?next=${encodeURIComponent(url)}`, true);
  }, [state, outside, route, url]);
  if (outside) {
    return (
      <ErrorBoundary>
        <SignIn />
      </ErrorBoundary>
    );
  }
  if (state === "unknown" || state === "signed_out") return <Waiting />;
  if (state === "unreachable") return <Waiting unreachable />;
  return <Pages />;
}

function Pages() {
  return (
    <AppShell>
      <ErrorBoundary>
        <Router>
          <Route path="/" component={Overview} />
          <Route path="/devices" component={Devices} />
          <Route path="/devices/:device" component={DevicePage} />
          <Route path="/inbox" component={Inbox} />
          <Route path="/chat" component={Chat} />
          <Route path="/chat/:room" component={Chat} />
          <Route default component={NotFound} />
        </Router>
      </ErrorBoundary>
    </AppShell>
  );
}

const WAIT_SHOWN_MS = 1_000;

function Waiting({ unreachable = false }: { unreachable?: boolean }) {
  const text = useText();
  const [long, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), WAIT_SHOWN_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <main class="empty" role="status">
      {unreachable ? text("error.no_answer") : long ? text("app.loading") : ""}
    </main>
  );
}

function NotFound() {
  const text = useText();
  useTitle(text("app.not_found"));
  const { path } = useLocation();
  return (
    <EmptyState icon={MapPinOff} title={text("app.not_found")}>
      <p>{text("app.not_found_why", { path })}</p>
      <a class="button" href="/">
        {text("page.overview")}
      </a>
    </EmptyState>
  );
}
