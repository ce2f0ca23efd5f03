import { expect, it } from "vitest";
import type { FlowView, HistoryRow, Seat, Sheet, Step } from "../../api/types";
import { changedSince, isReturned, isStarters, lastReturn } from "./returned";

const sheet = (status: string, kind: string) => ({ record: { status }, at: [{ node: "begin", kind }] }) as unknown as Sheet;
const step = (...seats: Partial<Seat>[]) => ({ seats }) as unknown as Step;
const row = (at: string, changes: number) => ({ at, changes: Array(changes).fill({}) }) as unknown as HistoryRow;

it("knows what waits with its starter, and his own task", () => {
  expect([isReturned(sheet("submitted", "starter")), isReturned(sheet("submitted", "approval")), isReturned(sheet("draft", "starter"))]).toEqual([true, false, false]);
  expect([isStarters(sheet("submitted", "starter"), "begin"), isStarters(sheet("submitted", "starter"), "other"), isStarters(sheet("submitted", "starter"), undefined)]).toEqual([true, false, false]);
});
it("finds who sent it back last", () => {
  const flow = { steps: [step({ state: "returned", who: "A", at: "2026-01-02" }), step({ state: "done", who: "B", at: "2026-01-09" }), step({ state: "returned", who: "C", at: "2026-01-05" })] } as unknown as FlowView;
  expect([lastReturn(flow)?.who, lastReturn({ ...flow, steps: [] })]).toEqual(["C", null]);
});
it("knows whether it was changed since", () => {
  expect([changedSince([row("2026-01-01", 4), row("2026-01-06", 0)], "2026-01-05"), changedSince([row("2026-01-06", 1)], "2026-01-05")]).toEqual([false, true]);
});
