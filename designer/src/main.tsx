// Starts the app: the words first, then the page.
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { firstLanguage, speak } from "./i18n";
import "./ui/style/tokens.css";
import "./ui/style/base.css";
import "./ui/style/float.css";
import "./ui/style/grid.css";
import "./ui/style/field.css";
import "./ui/style/shell.css";
import "./ui/style/pages.css";
import "./ui/style/record.css";

void speak(firstLanguage()).then(() => {
  createRoot(document.getElementById("root")!).render(<StrictMode><App /></StrictMode>);
});
