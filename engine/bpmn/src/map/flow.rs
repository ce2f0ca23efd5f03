//! A process or sub-process as nodes: what flows where, with the nodes that stand between where
//! BPMN says by a mark on an element what a workflow says by a node.

use super::{
    BLOCKS_MAX, Mapper, PUT_IN_MAX,
    names::slug,
    plan::{self, Plan, Repeat, excerpt, said_in_file},
    report::Verdict,
};
use crate::{
    element::Ix,
    kind::Kind,
    own::{self, Role},
};
use model::Name;
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet, VecDeque};

/// What is known of a container while its nodes are made.
#[derive(Default)]
struct Scope {
    /// The name of the node an element becomes.
    own: HashMap<Ix, Name>,
    /// The node that ways to an element lead to, where that is another one.
    entry: HashMap<Ix, Name>,
    /// Where the links of a name go on.
    links: HashMap<String, Ix>,
    nodes: Map<String, Value>,
    /// The end of what has none of its own.
    end: Option<Name>,
}

impl Scope {
    fn way_to(&self, ix: Ix) -> Option<Name> {
        self.entry.get(&ix).or_else(|| self.own.get(&ix)).cloned()
    }
}

/// A way out of an element.
struct Way {
    flow: Ix,
    to: Name,
}

impl Mapper<'_> {
    /// The nodes of a container, as one reads them from its start.
    pub(super) fn container(&mut self, container: Ix) -> Map<String, Value> {
        let model = self.model;
        let all: Vec<Ix> = model.within(container, Kind::FlowNode).collect();
        if self.calls.len() > 1 {
            self.put_in += all.len();
        }
        let mut scope = Scope::default();
        let mut plans = HashMap::new();
        for ix in &all {
            self.name(&mut scope, *ix);
            if model.at(*ix).kind != Kind::BoundaryEvent {
                plans.insert(*ix, self.plan(*ix));
            }
        }
        for ix in &all {
            if let Some(Ok(plan)) = plans.get(ix) {
                self.enter(&mut scope, *ix, plan);
            }
        }
        let kept = plans
            .values()
            .all(|plan| plan.as_ref().is_ok_and(|plan| plan.kept));
        self.start(&mut scope, &all, &plans);
        for ix in all {
            match plans.remove(&ix) {
                Some(Ok(plan)) => self.node(&mut scope, ix, plan),
                Some(Err(why)) => self.report.tell(model, ix, Verdict::Refused, &why),
                None if !self.report.is_told(ix) => {
                    let says = "what it hangs at is not waited for";
                    self.report.tell(model, ix, Verdict::Refused, says);
                }
                None => {}
            }
        }
        if let Some(end) = scope.end.take() {
            scope
                .nodes
                .insert(end.to_string(), json!({ "kind": "end" }));
        }
        // What was drawn from a workflow stands in the order it had there.
        if kept {
            return scope.nodes;
        }
        in_order(scope.nodes)
    }

    fn plan(&self, ix: Ix) -> Result<Plan, String> {
        let plan = plan::of(self.model, &self.graph, ix, self.lanes.get(&ix))?;
        if plan.word == "block" {
            if self.depth >= BLOCKS_MAX {
                return Err(format!("it stands more than {BLOCKS_MAX} blocks deep"));
            }
            if plan.called.is_some_and(|at| self.calls.contains(&at)) {
                return Err("what it calls would stand within itself".into());
            }
        }
        Ok(plan)
    }

    fn name(&mut self, scope: &mut Scope, ix: Ix) {
        let element = self.model.at(ix);
        let wanted = match own::node(self.model, ix) {
            Some(kept) => kept.name,
            None => slug(element.name())
                .or_else(|| slug(element.id().unwrap_or_default()))
                .or_else(|| slug(element.tag))
                .unwrap_or_else(|| Name::known("node")),
        };
        scope.own.insert(ix, self.names.take(&wanted));
        let links = self.model.within(ix, Kind::LinkEventDefinition);
        for link in links.filter(|_| element.kind == Kind::IntermediateCatchEvent) {
            scope
                .links
                .insert(self.model.at(link).name().to_owned(), ix);
        }
    }

    /// Names the node that stands before an element, where one does.
    fn enter(&mut self, scope: &mut Scope, ix: Ix, plan: &Plan) {
        let mark = match plan.repeat {
            _ if plan.waits() && !self.timers(ix).is_empty() => "race",
            Repeat::Loop { before: true } => "check",
            Repeat::Each(_) if is_wrapped(plan) => "each",
            _ => return,
        };
        let own = scope.own.get(&ix).map_or("node", |name| name.as_str());
        let name = self.names.take(&format!("{own}_{mark}"));
        scope.entry.insert(ix, name);
    }

    /// The timers that end an activity.
    fn timers(&self, activity: Ix) -> Vec<Ix> {
        let all = self.graph.boundary(activity).iter().copied();
        let ends = all.filter(|at| self.model.at(*at).flag("cancelActivity", true));
        let timers = ends.filter(|at| self.model.event_kinds(*at) == [Kind::TimerEventDefinition]);
        timers.collect()
    }

    /// Where the container begins, where that is not one start event.
    fn start(&mut self, scope: &mut Scope, all: &[Ix], plans: &HashMap<Ix, Result<Plan, String>>) {
        let model = self.model;
        let planned = |ix: &&Ix| plans.get(ix).is_some_and(Result::is_ok);
        let starts: Vec<Ix> = all.iter().filter(planned).copied().collect();
        let (starts, mut begins): (Vec<Ix>, Vec<Ix>) = starts
            .into_iter()
            .partition(|ix| model.at(*ix).kind == Kind::StartEvent);
        begins.retain(|ix| {
            let linked = model
                .within(*ix, Kind::LinkEventDefinition)
                .next()
                .is_some();
            self.graph.incoming(*ix).is_empty() && !(linked && self.is_catch(*ix))
        });
        let says = match (starts.len(), begins.len()) {
            (1, _) => return,
            (0, _) => "it begins without a start event",
            _ => "which of several starts it is, is asked behind one",
        };
        let first = self.names.take("start");
        let several = starts.len() > 1;
        let begins = if several { starts } else { begins };
        let ways: Vec<(Ix, Name)> = begins
            .iter()
            .filter_map(|ix| Some((*ix, scope.way_to(*ix)?)))
            .collect();
        for ix in &begins {
            self.report.tell(model, *ix, Verdict::Approximated, says);
        }
        let next = match &ways[..] {
            [] => self.ending(scope),
            [(_, only)] => only.clone(),
            _ => {
                let name = self
                    .names
                    .take(if several { "which_start" } else { "begin" });
                let mut branches = Map::new();
                for (_, to) in &ways {
                    let mut branch = Map::new();
                    if several {
                        branch.insert("when".into(), Value::Null);
                        let says = format!("when it starts at {to}; the last has no `when`");
                        self.open
                            .push((name.clone(), format!("branches/{to}/when"), says));
                    }
                    branch.insert("to".into(), json!(to));
                    branches.insert(to.to_string(), Value::Object(branch));
                }
                let kind = if several {
                    "exclusive_gateway"
                } else {
                    "parallel_gateway"
                };
                let gateway = json!({ "kind": kind, "branches": branches });
                scope.nodes.insert(name.to_string(), gateway);
                name
            }
        };
        let start = json!({ "kind": "start", "next": next });
        scope.nodes.insert(first.to_string(), start);
    }

    fn is_catch(&self, ix: Ix) -> bool {
        self.model.at(ix).kind == Kind::IntermediateCatchEvent
    }

    fn ending(&mut self, scope: &mut Scope) -> Name {
        let names = &mut self.names;
        scope.end.get_or_insert_with(|| names.take("end")).clone()
    }

    /// The ways out of an element, in the order of the file, the default last.
    fn ways(&mut self, scope: &Scope, ix: Ix) -> Vec<Way> {
        let model = self.model;
        let mut flows = self.graph.outgoing(ix).to_vec();
        let default = model.refer(ix, "default");
        flows.sort_by_key(|flow| Some(*flow) == default);
        let mut ways = vec![];
        for flow in flows {
            let to = model
                .refer(flow, "targetRef")
                .and_then(|at| scope.way_to(at));
            match to {
                Some(to) => {
                    self.report.tell(model, flow, Verdict::Mapped, "");
                    ways.push(Way { flow, to });
                }
                None => {
                    let says = "it leads out of its process or block";
                    self.report.tell(model, flow, Verdict::Refused, says);
                }
            }
        }
        ways
    }

    /// The node that follows an element with one way out: made, where there are several.
    fn next(&mut self, scope: &mut Scope, ix: Ix, name: &Name) -> Name {
        let ways = self.ways(scope, ix);
        let conditional = |way: &Way| self.model.child(way.flow, "conditionExpression").is_some();
        let some = ways.iter().any(conditional);
        match &ways[..] {
            [] => {
                if !self.model.at(ix).kind.is(Kind::EndEvent) {
                    let says = "an end is added behind it";
                    self.report
                        .tell(self.model, ix, Verdict::Approximated, says);
                }
                self.ending(scope)
            }
            [only] if !some => only.to.clone(),
            _ => {
                let says = "a gateway is added behind it";
                self.report
                    .tell(self.model, ix, Verdict::Approximated, says);
                let split = self.names.take(&format!("{name}_split"));
                let kind = if some {
                    "inclusive_gateway"
                } else {
                    "parallel_gateway"
                };
                let branches = self.branches(ix, &split, ways, some);
                let gateway = json!({ "kind": kind, "branches": branches });
                scope.nodes.insert(split.to_string(), gateway);
                split
            }
        }
    }

    /// The branches of a gateway.
    fn branches(
        &mut self,
        ix: Ix,
        gateway: &Name,
        ways: Vec<Way>,
        asked: bool,
    ) -> Map<String, Value> {
        let model = self.model;
        let default = model.refer(ix, "default");
        let mut branches = Map::new();
        for Way { flow, to } in ways {
            let element = model.at(flow);
            let key = match own::way(model, flow) {
                Some((_, key)) => Name::new(key).ok(),
                None => slug(element.name()),
            };
            let key = key.unwrap_or_else(|| to.clone());
            let key = free(&branches, &key);
            let mut branch = Map::new();
            let label = excerpt(element.name());
            if !label.is_empty() {
                branch.insert("label".into(), json!(label));
            }
            if asked && Some(flow) != default {
                let when = self.when(flow, gateway, &key, default.is_some());
                branch.insert("when".into(), when);
            }
            branch.insert("to".into(), json!(to));
            if let Some(note) = self.documentation(flow) {
                branch.insert("note".into(), json!(note));
            }
            branches.insert(key, Value::Object(branch));
        }
        branches
    }

    /// When a way is taken: as it stands where it is an expression of ours, otherwise left open.
    fn when(&mut self, flow: Ix, gateway: &Name, key: &str, has_default: bool) -> Value {
        let model = self.model;
        let condition = model
            .child(flow, "conditionExpression")
            .map(|at| model.at(at));
        let text = condition.map(|condition| condition.text.trim());
        if let (Some(condition), Some(text)) = (condition, text)
            && plan::is_ours(condition)
        {
            return json!(text);
        }
        let label = model.at(flow).name();
        let said = text.filter(|text| !text.is_empty()).unwrap_or(label);
        let mut says = format!("when it goes this way{}", said_in_file(Some(excerpt(said))));
        if !has_default {
            says.push_str("; the default comes last and has no `when`");
        }
        let place = format!("branches/{key}/when");
        self.open.push((gateway.clone(), place, says));
        Value::Null
    }

    /// The node of an element, and those that stand beside it.
    fn node(&mut self, scope: &mut Scope, ix: Ix, plan: Plan) {
        let model = self.model;
        let Some(name) = scope.own.get(&ix).cloned() else {
            return;
        };
        if plan.called.is_some() && self.put_in > PUT_IN_MAX {
            let says = "calls would put too much in";
            self.report.tell(model, ix, Verdict::Refused, says);
            return;
        }
        self.report.stands(model, ix, &name);
        for says in &plan.differs {
            self.report.tell(model, ix, Verdict::Approximated, says);
        }
        for (key, says) in &plan.open {
            self.open
                .push((name.clone(), (*key).to_owned(), says.clone()));
        }
        let mut node = Map::new();
        node.insert("kind".into(), json!(plan.word));
        let label = excerpt(model.at(ix).name());
        let people = matches!(plan.word.as_str(), "approval" | "fill");
        match label.is_empty() {
            false => {
                node.insert("label".into(), json!(label));
            }
            true if people && !plan.kept => {
                node.insert("label".into(), json!(name));
            }
            true => {}
        }
        node.extend(plan.settings.clone());
        if plan.word == "block" {
            let inner = self.block(plan.called.unwrap_or(ix), plan.called.is_some());
            node.insert("nodes".into(), Value::Object(inner));
        }
        if !is_wrapped(&plan) {
            self.each(ix, &name, &plan, &mut node);
        }
        self.leave(scope, ix, &name, &plan, &mut node);
        let place = model.at(ix).id().and_then(|id| self.places.get(id));
        if let Some(at) = place {
            node.insert("at".into(), json!(at));
        }
        if let Some(note) = self.documentation(ix) {
            node.insert("note".into(), json!(note));
        }
        if is_wrapped(&plan) {
            self.wrap(scope, ix, &name, &plan, node);
        } else {
            scope.nodes.insert(name.to_string(), Value::Object(node));
        }
        self.hang(scope, ix, &name, &plan);
    }

    fn block(&mut self, container: Ix, called: bool) -> Map<String, Value> {
        self.depth += 1;
        if called {
            self.calls.push(container);
        }
        let inner = self.container(container);
        if called {
            self.calls.pop();
        }
        self.depth -= 1;
        inner
    }

    /// The ways out of a node, as its kind writes them.
    fn leave(
        &mut self,
        scope: &mut Scope,
        ix: Ix,
        name: &Name,
        plan: &Plan,
        node: &mut Map<String, Value>,
    ) {
        let model = self.model;
        match plan.word.as_str() {
            "end" | "terminate" => {}
            "exclusive_gateway" | "parallel_gateway" | "inclusive_gateway" | "complex_gateway"
            | "race" => {
                if let Some(to) = self.linked(scope, ix) {
                    node.insert("next".into(), json!(to));
                    return;
                }
                let ways = self.ways(scope, ix);
                let branch = |way: &Way| match own::way(model, way.flow) {
                    Some((role, _)) => role == Role::Branch,
                    None => ways.len() > 1 || plan.word == "race",
                };
                if ways.iter().any(branch) {
                    let asked = !matches!(plan.word.as_str(), "parallel_gateway" | "race");
                    let branches = self.branches(ix, name, ways, asked);
                    node.insert("branches".into(), Value::Object(branches));
                } else {
                    let next = self.next(scope, ix, name);
                    node.insert("next".into(), json!(next));
                }
            }
            "approval" => {
                let mut outcomes = Map::new();
                for Way { flow, to } in self.ways(scope, ix) {
                    let key = match own::way(model, flow) {
                        Some((Role::Outcome, key)) => Name::new(key).ok(),
                        _ => slug(model.at(flow).name()),
                    };
                    let key = key.unwrap_or_else(|| Name::known("approve"));
                    outcomes.insert(free(&outcomes, &key), json!(to));
                }
                node.insert("outcomes".into(), Value::Object(outcomes));
            }
            "post" if plan.kept => {
                let mut over = Map::new();
                for Way { flow, to } in self.ways(scope, ix) {
                    match own::way(model, flow) {
                        Some((Role::Over, key)) => {
                            over.insert(key.to_owned(), json!(to));
                        }
                        _ => {
                            node.entry("next").or_insert(json!(to));
                        }
                    }
                }
                if !over.is_empty() {
                    node.insert("over".into(), Value::Object(over));
                }
            }
            _ => {
                let next = self.next(scope, ix, name);
                let next = self.again(scope, ix, name, plan, next);
                node.insert("next".into(), json!(next));
            }
        }
    }

    /// Where a link that is thrown goes on.
    fn linked(&self, scope: &Scope, ix: Ix) -> Option<Name> {
        let thrown = self.model.at(ix).kind == Kind::IntermediateThrowEvent;
        let link = self.model.within(ix, Kind::LinkEventDefinition).next();
        let to = scope
            .links
            .get(self.model.at(link.filter(|_| thrown)?).name());
        to.and_then(|at| scope.way_to(*at))
    }

    /// What is repeated after an activity: a gateway that leads back.
    fn again(&mut self, scope: &mut Scope, ix: Ix, name: &Name, plan: &Plan, next: Name) -> Name {
        let Repeat::Loop { before } = plan.repeat else {
            return next;
        };
        let model = self.model;
        let says = "a gateway leads back to it";
        self.report.tell(model, ix, Verdict::Approximated, says);
        let checked = scope.entry.get(&ix).filter(|_| before && !plan.waits());
        let gateway = match checked.cloned() {
            Some(entry) => entry,
            None => self.names.take(&format!("{name}_again")),
        };
        let condition = model.within(ix, Kind::StandardLoop).next();
        let condition = condition.and_then(|at| model.child(at, "loopCondition"));
        let said = said_in_file(condition.map(|at| excerpt(&model.at(at).text)));
        let place = "branches/again/when".to_owned();
        self.open.push((
            gateway.clone(),
            place,
            format!("when it is done again{said}"),
        ));
        let back = scope.way_to(ix).filter(|to| *to != gateway);
        let back = back.unwrap_or_else(|| name.clone());
        let node = json!({
            "kind": "exclusive_gateway",
            "branches": { "again": { "when": null, "to": back }, "done": { "to": next } },
        });
        scope.nodes.insert(gateway.to_string(), node);
        gateway
    }

    /// How often an activity is done at once or in turn: by seats, by runs of a block, or, where
    /// it is neither, by a block around it.
    fn each(&mut self, ix: Ix, name: &Name, plan: &Plan, node: &mut Map<String, Value>) {
        let Repeat::Each(at) = plan.repeat else {
            return;
        };
        let model = self.model;
        if model.at(at).flag("isSequential", false) {
            node.insert("order".into(), json!("in_turn"));
        }
        if model.child(at, "completionCondition").is_some() {
            let says = "it is not ended early by a condition";
            self.report.tell(model, ix, Verdict::Approximated, says);
        }
        if matches!(plan.word.as_str(), "fill" | "approval") {
            let says = "its instances are the seats";
            self.report.tell(model, ix, Verdict::Approximated, says);
            return;
        }
        let said = model.child(at, "loopCardinality");
        let said = said.map(|at| model.at(at).text.trim()).unwrap_or_default();
        let times = said.parse::<u32>().ok().filter(|times| *times <= EACH_MAX);
        if times.is_none() {
            let data = model.at(at).get("loopDataInputRef").unwrap_or_default();
            let said = if said.is_empty() { data } else { said };
            let says = format!("how often it runs{}", said_in_file(Some(excerpt(said))));
            self.open.push((name.clone(), "each".into(), says));
        }
        node.insert("each".into(), json!(times));
    }

    /// A node within a block of its own, that runs several times.
    fn wrap(
        &mut self,
        scope: &mut Scope,
        ix: Ix,
        name: &Name,
        plan: &Plan,
        mut node: Map<String, Value>,
    ) {
        let says = "a block around it runs several times";
        self.report
            .tell(self.model, ix, Verdict::Approximated, says);
        let Some(around) = scope.entry.get(&ix).cloned() else {
            return;
        };
        let start = self.names.take(&format!("{name}_start"));
        let end = self.names.take(&format!("{name}_end"));
        let next = node.insert("next".into(), json!(end));
        let mut block = Map::new();
        block.insert("kind".into(), json!("block"));
        let inner = json!({
            start.as_str(): { "kind": "start", "next": name },
            name.as_str(): node,
            end.as_str(): { "kind": "end" },
        });
        block.insert("nodes".into(), inner);
        self.each(ix, &around, plan, &mut block);
        block.insert("next".into(), json!(next));
        scope.nodes.insert(around.to_string(), Value::Object(block));
    }

    /// What hangs at an activity: a timer that ends it is a race with it.
    fn hang(&mut self, scope: &mut Scope, ix: Ix, name: &Name, plan: &Plan) {
        let model = self.model;
        let timers = match plan.waits() {
            true => self.timers(ix),
            false => vec![],
        };
        for at in self.graph.boundary(ix).to_vec() {
            if timers.contains(&at) {
                continue;
            }
            let why = match model.event_kinds(at)[..] {
                [Kind::TimerEventDefinition] if plan.waits() => {
                    "no timer goes on beside what it hangs at"
                }
                [Kind::TimerEventDefinition] => "what it hangs at is done at once",
                [one] => plan::why_not(one),
                _ => "no node waits for several things",
            };
            self.report.tell(model, at, Verdict::Refused, why);
        }
        let Some(race) = scope.entry.get(&ix).filter(|_| !timers.is_empty()).cloned() else {
            return;
        };
        let mut branches = Map::new();
        branches.insert(name.to_string(), json!({ "to": name }));
        for at in timers {
            let Some(timer) = scope.own.get(&at).cloned() else {
                continue;
            };
            branches.insert(timer.to_string(), json!({ "to": timer }));
            for definition in model.event_definitions(at).into_iter().take(1) {
                self.node(scope, at, plan::timer(model, definition));
            }
        }
        let node = json!({ "kind": "race", "branches": branches });
        scope.nodes.insert(race.to_string(), node);
    }
}

/// Most runs a package may write as a number.
const EACH_MAX: u32 = 1000;

/// Whether an activity that is repeated needs a block around it.
fn is_wrapped(plan: &Plan) -> bool {
    let own = matches!(plan.word.as_str(), "fill" | "approval" | "block");
    matches!(plan.repeat, Repeat::Each(_)) && !own
}

/// A key that is not taken.
fn free(taken: &Map<String, Value>, wanted: &Name) -> String {
    let mut n = 1;
    let mut key = wanted.to_string();
    while taken.contains_key(&key) {
        n += 1;
        key = format!("{wanted}_{n}");
    }
    key
}

/// Nodes in the order in which one comes to them.
fn in_order(mut nodes: Map<String, Value>) -> Map<String, Value> {
    let starts = nodes.iter().filter(|(_, node)| node["kind"] == "start");
    let mut todo: VecDeque<String> = starts.map(|(name, _)| name.clone()).collect();
    let mut seen: HashSet<String> = todo.iter().cloned().collect();
    let mut order = vec![];
    while let Some(name) = todo.pop_front() {
        for to in nodes.get(&name).map(leads_to).into_iter().flatten() {
            if seen.insert(to.clone()) {
                todo.push_back(to);
            }
        }
        order.push(name);
    }
    let mut sorted = Map::new();
    for name in order {
        if let Some(node) = nodes.swap_remove(&name) {
            sorted.insert(name, node);
        }
    }
    sorted.extend(nodes);
    sorted
}

/// The nodes a written node leads to.
fn leads_to(node: &Value) -> Vec<String> {
    let object = |key: &str| {
        node.get(key)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
    };
    let named = object("outcomes").chain(object("over")).map(|(_, to)| to);
    let branches = object("branches").filter_map(|(_, branch)| branch.get("to"));
    let all = node.get("next").into_iter().chain(branches).chain(named);
    all.filter_map(|to| to.as_str().map(str::to_owned))
        .collect()
}
