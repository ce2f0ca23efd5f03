//! What an element becomes by itself: the kind of node, what it says, what is left open; or why
//! there is no node for it.

use crate::{
    element::{Element, Ix, Model},
    graph::Graph,
    kind::Kind,
    own,
};
use serde_json::{Map, Value, json};

/// What an element becomes.
pub struct Plan {
    /// The kind of node.
    pub word: String,
    pub settings: Map<String, Value>,
    /// What is different, where something is.
    pub differs: Vec<String>,
    /// Keys only a person can say, and what to say there.
    pub open: Vec<(&'static str, String)>,
    /// The process a call puts in.
    pub called: Option<Ix>,
    /// How the element is repeated.
    pub repeat: Repeat,
    /// Whether the node's own settings came with the file.
    pub kept: bool,
}

/// How an activity is repeated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeat {
    #[default]
    Once,
    /// Again after it, until a condition holds.
    Loop { before: bool },
    /// Several side by side or in turn, each by itself.
    Each(Ix),
}

impl Plan {
    fn new(word: &str) -> Self {
        Self {
            word: word.to_owned(),
            settings: Map::new(),
            differs: vec![],
            open: vec![],
            called: None,
            repeat: Repeat::Once,
            kept: false,
        }
    }
    fn differs(mut self, says: impl Into<String>) -> Self {
        self.differs.push(says.into());
        self
    }
    fn open(mut self, key: &'static str, says: impl Into<String>) -> Self {
        self.settings.insert(key.to_owned(), Value::Null);
        self.open.push((key, says.into()));
        self
    }
    fn set(mut self, key: &str, value: Value) -> Self {
        self.settings.insert(key.to_owned(), value);
        self
    }
    /// Whether something else may end it while it waits.
    pub fn waits(&self) -> bool {
        matches!(
            self.word.as_str(),
            "approval" | "fill" | "block" | "timer" | "message" | "signal"
        )
    }
}

/// What becomes of a flow node, or why nothing does.
pub fn of(model: &Model, graph: &Graph, ix: Ix, lane: Option<&String>) -> Result<Plan, String> {
    let element = model.at(ix);
    if let Some(kept) = own::node(model, ix) {
        let mut plan = Plan::new(&kept.word);
        plan.settings = kept.settings;
        plan.kept = true;
        return Ok(plan);
    }
    if model.is_for_compensation(ix) {
        return Err("nothing is undone by a node of its own".into());
    }
    if model.is_event_block(ix) {
        return Err("no block is started by an event".into());
    }
    let kind = element.kind;
    match kind {
        _ if kind.is(Kind::Gateway) => gateway(model, graph, ix),
        _ if kind.is(Kind::Event) => event(model, ix),
        _ if kind.is(Kind::Activity) => {
            let mut plan = activity(model, ix, lane)?;
            plan.repeat = repeat(model, ix);
            Ok(plan)
        }
        _ => Err("a workflow has no choreography".into()),
    }
}

fn repeat(model: &Model, ix: Ix) -> Repeat {
    let Some(characteristics) = model.within(ix, Kind::LoopCharacteristics).next() else {
        return Repeat::Once;
    };
    let element = model.at(characteristics);
    match element.kind {
        Kind::MultiInstance => Repeat::Each(characteristics),
        _ => Repeat::Loop {
            before: element.flag("testBefore", false),
        },
    }
}

fn gateway(model: &Model, graph: &Graph, ix: Ix) -> Result<Plan, String> {
    let element = model.at(ix);
    let meets = graph.incoming(ix).len() > 1;
    let joined = |word: &str, join: &str| match meets {
        true => Plan::new(word).set("join", json!(join)),
        false => Plan::new(word),
    };
    Ok(match element.kind {
        Kind::ParallelGateway => joined("parallel_gateway", "all"),
        Kind::InclusiveGateway => joined("inclusive_gateway", "live"),
        Kind::ComplexGateway if meets => {
            let condition = model.child(ix, "activationCondition");
            let said = condition.map(|at| excerpt(&model.at(at).text));
            let says = format!("how many arrivals are enough{}", said_in_file(said));
            Plan::new("complex_gateway").open("need", says)
        }
        Kind::ComplexGateway => Plan::new("complex_gateway"),
        Kind::EventBasedGateway if element.get("eventGatewayType") == Some("Parallel") => {
            return Err("no race waits for all that can happen".into());
        }
        Kind::EventBasedGateway => Plan::new("race"),
        _ => Plan::new("exclusive_gateway"),
    })
}

fn activity(model: &Model, ix: Ix, lane: Option<&String>) -> Result<Plan, String> {
    let element = model.at(ix);
    let people = |plan: Plan| plan.open("seats", seats(model, ix, lane));
    let fills = "what is filled in with `set`";
    Ok(match element.kind {
        Kind::UserTask => people(Plan::new("fill")),
        Kind::ManualTask => {
            people(Plan::new("fill")).differs("who does it says so when it is done")
        }
        Kind::Task => people(Plan::new("fill")).differs("a task of no sort is done by people"),
        Kind::ScriptTask => {
            let script = element.get("script").map(excerpt);
            let says = format!("{fills}{}", said_in_file(script));
            Plan::new("script").open("set", says)
        }
        Kind::ServiceTask => Plan::new("script")
            .open("set", fills)
            .differs("no other system is called; a script works it out"),
        Kind::BusinessRuleTask => Plan::new("script")
            .open("set", fills)
            .differs("the rules are written as expressions"),
        Kind::SendTask => telling(model, ix),
        Kind::ReceiveTask => return Err(WAITS_FOR_MESSAGE.into()),
        Kind::SubProcess => Plan::new("block"),
        Kind::Transaction => {
            Plan::new("block").differs("what was done in it is not undone by itself")
        }
        Kind::AdHocSubProcess => {
            let turn = element.get("ordering") == Some("Sequential");
            let plan = Plan::new("block").differs("everything in it is done, and once");
            match turn {
                true => plan.set("interleave", json!(true)),
                false => plan,
            }
        }
        Kind::CallActivity => {
            let called = model.refer(ix, "calledElement");
            let Some(called) = called.filter(|at| model.at(*at).kind == Kind::Process) else {
                return Err("what it calls is no process of this file".into());
            };
            let mut plan = Plan::new("block").differs("the called process stands here as a block");
            plan.called = Some(called);
            plan
        }
        _ => return Err("there is no node of this sort".into()),
    })
}

const WAITS_FOR_MESSAGE: &str = "no node waits for a message yet";

/// Tells somebody something.
fn telling(model: &Model, ix: Ix) -> Plan {
    let definitions = model.event_definitions(ix).into_iter().chain([ix]);
    let mut messages = definitions.filter_map(|at| model.refer(at, "messageRef"));
    let named = messages.next().map(|at| excerpt(model.at(at).name()));
    Plan::new("notify")
        .open("to", "who is told")
        .open("message", format!("which message{}", said_in_file(named)))
        .differs("people are told, not another process")
}

/// Who the file says does it: what stands in roles and lanes.
fn seats(model: &Model, ix: Ix, lane: Option<&String>) -> String {
    let mut who: Vec<String> = vec![];
    for role in model.within(ix, Kind::ResourceRole) {
        let named = model.at(role).name().to_owned();
        let resource = model.refer(role, "resourceRef");
        let resource = resource.map(|at| model.at(at).name().to_owned());
        let expressions = model.within(role, Kind::ResourceAssignment);
        let expressions = expressions.flat_map(|at| model.at(at).children.iter());
        let said = expressions.map(|at| model.at(*at).text.clone());
        who.extend(
            said.chain(resource)
                .chain([named])
                .map(|text| excerpt(&text)),
        );
    }
    who.extend(lane.cloned());
    who.retain(|text| !text.is_empty());
    format!("who acts{}", said_in_file(who.into_iter().next()))
}

fn event(model: &Model, ix: Ix) -> Result<Plan, String> {
    let element = model.at(ix);
    let definitions = model.event_definitions(ix);
    let kinds = model.event_kinds(ix);
    match (element.kind, &kinds[..]) {
        (Kind::StartEvent, []) => Ok(Plan::new("start")),
        (Kind::StartEvent, _) => {
            Ok(Plan::new("start").differs("a workflow starts when a record is submitted"))
        }
        (Kind::EndEvent, []) => Ok(Plan::new("end")),
        (Kind::EndEvent, [Kind::TerminateEventDefinition]) => Ok(Plan::new("terminate")),
        (Kind::EndEvent | Kind::IntermediateThrowEvent, [Kind::MessageEventDefinition]) => {
            Ok(telling(model, ix))
        }
        (Kind::EndEvent, [Kind::ErrorEventDefinition | Kind::EscalationEventDefinition])
            if !model
                .around(ix)
                .any(|at| model.at(at).kind.is(Kind::SubProcess)) =>
        {
            Ok(Plan::new("end").differs("it ends, and nobody is told why"))
        }
        (Kind::IntermediateThrowEvent, []) => {
            Ok(Plan::new("exclusive_gateway").differs("nothing happens there"))
        }
        (
            Kind::IntermediateThrowEvent | Kind::IntermediateCatchEvent,
            [Kind::LinkEventDefinition],
        ) => Ok(Plan::new("exclusive_gateway")),
        (Kind::IntermediateCatchEvent, [Kind::TimerEventDefinition]) => {
            Ok(timer(model, definitions[0]))
        }
        (_, [one]) => Err(why_not(*one).to_owned()),
        (_, []) => Err("it does not say what it waits for".into()),
        _ => Err("no node waits for one of several things, or throws several".into()),
    }
}

pub fn why_not(kind: Kind) -> &'static str {
    match kind {
        Kind::MessageEventDefinition => WAITS_FOR_MESSAGE,
        Kind::SignalEventDefinition => "no node waits for a signal or gives one yet",
        Kind::ConditionalEventDefinition => "no node waits until something holds",
        Kind::ErrorEventDefinition | Kind::EscalationEventDefinition => {
            "nothing is thrown and caught in a workflow"
        }
        Kind::CompensateEventDefinition | Kind::CancelEventDefinition => {
            "nothing is undone by a node of its own"
        }
        _ => "there is no node for what it waits for or throws",
    }
}

/// A wait for a time.
pub fn timer(model: &Model, definition: Ix) -> Plan {
    let said = |tag| {
        let at = model.child(definition, tag)?;
        let text = model.at(at).text.trim();
        (!text.is_empty()).then(|| (model.at(at), text.to_owned()))
    };
    let plan = Plan::new("timer");
    if let Some((element, text)) = said("timeDuration") {
        if is_duration(&text) || is_ours(element) {
            return plan.set("for", json!(text));
        }
        let says = format!("how long it waits{}", said_in_file(Some(excerpt(&text))));
        return plan.open("for", says);
    }
    if let Some((element, text)) = said("timeDate") {
        if is_ours(element) {
            return plan.set("until", json!(text));
        }
        let says = format!("until when it waits{}", said_in_file(Some(excerpt(&text))));
        return plan.open("until", says);
    }
    let cycle = said("timeCycle").map(|(_, text)| excerpt(&text));
    let plan = plan.open(
        "for",
        format!("how long it waits{}", said_in_file(cycle.clone())),
    );
    match cycle {
        Some(_) => plan.differs("it waits once, not again and again"),
        None => plan,
    }
}

/// Whether a span of time is written as a package writes it.
fn is_duration(text: &str) -> bool {
    let part = |text: &str, units: &str| {
        let mut digits = 0;
        let good = text.chars().all(|c| {
            let unit = units.contains(c) && digits > 0;
            digits = if c.is_ascii_digit() { digits + 1 } else { 0 };
            unit || digits > 0
        });
        good && digits == 0 && !text.is_empty()
    };
    let Some(text) = text.strip_prefix('P') else {
        return false;
    };
    match text.split_once('T') {
        None => part(text, "YMWD"),
        Some((days, hours)) => (days.is_empty() || part(days, "YMWD")) && part(hours, "HM"),
    }
}

/// Whether an expression is written as a package writes it.
pub fn is_ours(expression: &Element) -> bool {
    expression.get("language") == Some(own::SPACE)
}

/// What the file says there, for whoever fills it in.
pub fn said_in_file(said: Option<String>) -> String {
    match said.filter(|text| !text.is_empty()) {
        Some(text) => format!("; the file says {text:?}"),
        None => String::new(),
    }
}

/// A text in one line, and not longer than a line.
pub fn excerpt(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    match text.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::is_duration;

    #[test]
    fn a_span_is_one_a_package_may_write() {
        for good in ["P3D", "P1Y2M", "PT8H", "P1DT2H30M"] {
            assert!(is_duration(good), "{good}");
        }
        for bad in ["P", "PT", "PT5S", "3D", "P3", "PD", "P1DT", "${x}"] {
            assert!(!is_duration(bad), "{bad}");
        }
    }
}
