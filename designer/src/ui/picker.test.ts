import { expect, it } from "vitest";
import { meant } from "./Picker";

const options = [{ id: "1", text: "Bearing", extra: "BE-1" }, { id: "2", text: "Bearing housing", extra: "BE-2" }];
it("means the option that is called so, in any width or case, or the only one", () => {
  expect([meant(options, "bearing")?.id, meant(options, "ＢＥ-2")?.id, meant(options, "Bear")?.id, meant(options.slice(1), "Bear")?.id, meant([], "x")?.id]).toEqual(["1", "2", undefined, "2", undefined]);
});
