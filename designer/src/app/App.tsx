// The whole app: who is here, how it looks, and which page the address names.
import { QueryClientProvider } from "@tanstack/react-query";
import { ConfigProvider } from "antd";
import { LoaderCircle } from "lucide-react";
import { Component, Suspense, lazy, useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../api/client";
import { cache, useMe } from "../api/queries";
import type { Me } from "../api/types";
import { Bones, Trouble } from "../ui/parts";
import { Toasts } from "../ui/toast";
import { CreatePage } from "../workplace/create/CreatePage";
import { HomePage } from "../workplace/home/HomePage";
import { InboxPage } from "../workplace/inbox/InboxPage";
import { BoxPage } from "../workplace/inbox/BoxPage";
import { ListPage } from "../workplace/list/ListPage";
import { NewRecordPage, RecordPage } from "../workplace/record/RecordPage";
import { Login } from "./Login";
import { usePlace } from "./route";
import { welcome } from "./session";
import { Shell } from "./Shell";
import { useStream } from "./stream";
import { antdConfig, useNarrow, usePrefersDark } from "./theme";

const LedgerPage = lazy(() => import("../workplace/ledger/LedgerPage").then((m) => ({ default: m.LedgerPage })));
const NoticesPage = lazy(() => import("../workplace/me/NoticesPage").then((m) => ({ default: m.NoticesPage })));
const MePage = lazy(() => import("../workplace/me/MePage").then((m) => ({ default: m.MePage })));
const FindPage = lazy(() => import("../workplace/create/FindPage").then((m) => ({ default: m.FindPage })));

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";

export function App() {
  return (
    <QueryClientProvider client={cache}>
      <Fence><Site /></Fence>
    </QueryClientProvider>
  );
}

function Site() {
  const me = useMe();
  const narrow = useNarrow();
  const prefersDark = usePrefersDark();
  const theme = me.data?.settings.theme ?? "auto";
  const dark = theme === "dark" || (theme === "auto" && prefersDark);
  const density = me.data?.settings.density ?? "32";
  useEffect(() => {
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    document.documentElement.dataset.density = density;
  }, [dark, density]);
  return (
    <ConfigProvider csp={{ nonce }} theme={antdConfig(dark, narrow)} button={{ autoInsertSpace: false, loadingIcon: <LoaderCircle size={14} className="turning" aria-hidden /> }} wave={{ disabled: true }}>
      <Door me={me.data} error={me.error} onRetry={() => void me.refetch()} />
      <Toasts />
    </ConfigProvider>
  );
}

function Door({ me, error, onRetry }: { me: Me | undefined; error: unknown; onRetry: () => void }) {
  const { i18n } = useTranslation();
  const { path } = usePlace();
  const [ready, setReady] = useState(false);
  useEffect(() => {
    if (me) void welcome(me).then(() => setReady(true));
  }, [me]);
  useStream(!!me);
  if (error instanceof Problem && error.body.status === 401) return <Login />;
  if (error && !me) return <main className="page"><Trouble error={error} onRetry={onRetry} /></main>;
  if (!me || !ready) return <div className="page"><Bones rows={8} /></div>;
  return (
    <Shell me={me} key={i18n.language}>
      <Fence key={path.startsWith("/inbox") ? "/inbox" : path}><Suspense fallback={<main className="page"><Bones rows={8} /></main>}><Here me={me} /></Suspense></Fence>
    </Shell>
  );
}

function Here({ me }: { me: Me }) {
  const { parts, search, path } = usePlace();
  const { t } = useTranslation();
  const [room, a, b, c] = parts;
  switch (room) {
    case undefined: return <HomePage me={me} />;
    case "inbox": return <InboxPage task={a ?? null} />;
    case "mine":
    case "drafts":
    case "copied": return <BoxPage box={room} me={me} />;
    case "new": return <CreatePage />;
    case "find": return <FindPage me={me} />;
    case "notices": return <NoticesPage />;
    case "me": return <MePage me={me} />;
    case "l": if (a && b) return <LedgerPage key={path} ledger={`${a}/${b}`} />; break;
    case "f":
      if (a && b && c === "new") return <NewRecordPage key={path} form={`${a}/${b}`} given={search.get("values")} />;
      if (a && b && c) return <RecordPage key={path} form={`${a}/${b}`} id={c} />;
      if (a && b) return <ListPage key={path} form={`${a}/${b}`} me={me} />;
  }
  return <main className="page"><Trouble error={new Problem({ status: 404, code: "not_found", title: t("problem.not_found") })} /></main>;
}

/** A page that breaks says so and keeps the rest; what was typed is in its draft. */
class Fence extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override render() {
    return this.state.error ? <main className="page"><Trouble error={this.state.error} onRetry={() => window.location.reload()} /></main> : this.props.children;
  }
}
