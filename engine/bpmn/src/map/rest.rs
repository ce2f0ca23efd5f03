//! What is no node: data, lanes, partners, what is drawn beside.

use super::{Mapper, plan::excerpt, report::Verdict};
use crate::{element::Ix, kind::Kind};

impl Mapper<'_> {
    /// Annotations of a process that stand at no node are about the whole.
    pub(super) fn annotations(&mut self, process: Ix) {
        let model = self.model;
        for at in model.within(process, Kind::TextAnnotation) {
            if self.report.is_told(at) {
                continue;
            }
            let text = excerpt(model.at(at).get("text").unwrap_or_default());
            if !text.is_empty() {
                self.notes.push(text);
            }
            let says = "it stands in the note of the workflow";
            self.report.tell(model, at, Verdict::Approximated, says);
        }
    }

    /// Tells of every element of which nothing is told yet.
    pub(super) fn rest(&mut self) {
        let model = self.model;
        for n in 0..model.elements.len() {
            let ix = Ix(n);
            if self.report.is_told(ix) {
                continue;
            }
            if let Some((verdict, says)) = self.rest_of(ix) {
                self.report.tell(model, ix, verdict, says);
            }
        }
    }

    fn rest_of(&self, ix: Ix) -> Option<(Verdict, &'static str)> {
        let model = self.model;
        let kind = model.at(ix).kind;
        Some(match kind {
            Kind::SequenceFlow => (Verdict::Refused, "what it leaves is not mapped"),
            Kind::Lane => (
                Verdict::Approximated,
                "its name stands at what is to fill in",
            ),
            Kind::Participant if model.refer(ix, "processRef").is_some() => (Verdict::Mapped, ""),
            Kind::Participant => (Verdict::Refused, "what a partner does is not told here"),
            Kind::MessageFlow => (
                Verdict::Refused,
                "workflows send each other no messages yet",
            ),
            Kind::DataObject
            | Kind::DataObjectReference
            | Kind::DataStore
            | Kind::DataStoreReference => (
                Verdict::Refused,
                "a workflow has no data of its own but the fields of its form",
            ),
            Kind::Association => (Verdict::Refused, "it joins what is not mapped"),
            Kind::TextAnnotation => (Verdict::Refused, "it stands at no node"),
            Kind::Group => (Verdict::Refused, "a workflow has no groups"),
            _ if kind.is(Kind::FlowNode) => (Verdict::Refused, "it stands in what is not mapped"),
            _ if kind.is(Kind::ConversationNode) => {
                (Verdict::Refused, "a workflow has no conversations")
            }
            _ => return None,
        })
    }
}
