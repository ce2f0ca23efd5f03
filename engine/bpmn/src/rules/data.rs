//! Data: what is a collection, what may be read and written where, and that what is handed on is
//! of the item it should be.

use super::{Check, Judge, when};
use crate::{element::Ix, kind::Kind, rule::Rule};

pub(super) const CHECKS: &[Check] = &[
    collections,
    state_in_name,
    property_owner,
    sub_process_data,
    associations,
    in_no_set,
    not_in_its_set,
    sets_disagree,
    task_data,
    event_data,
    loop_data,
    call_data,
    bindings,
];

/// The item that an element is of.
fn item(judge: &Judge<'_>, ix: Ix) -> Option<Ix> {
    let model = judge.model;
    let own = ["itemSubjectRef", "itemRef", "structureRef"];
    let own = own.iter().find_map(|name| model.refer(ix, name));
    // A reference is of the item of its object.
    let mut behind = ["dataObjectRef", "dataStoreRef"].iter();
    let behind = behind.find_map(|name| model.refer(ix, name));
    own.or_else(|| behind.and_then(|at| model.refer(at, "itemSubjectRef")))
}

/// Whether two items are one: the same, or of the same structure.
fn same_item(judge: &Judge<'_>, a: Ix, b: Ix) -> bool {
    let (x, y) = (judge.at(a), judge.at(b));
    let structure = x.get("structureRef").filter(|s| !s.is_empty());
    a == b || structure.is_some() && structure == y.get("structureRef")
}

/// Whether what is said to be of one item is.
fn agree(judge: &Judge<'_>, a: Ix, b: Ix) -> bool {
    match (item(judge, a), item(judge, b)) {
        (Some(a), Some(b)) => same_item(judge, a, b),
        (None, None) => true,
        _ => false,
    }
}

/// As [`agree`], where nothing said of one of them fits everything.
fn may_agree(judge: &Judge<'_>, a: Ix, b: Ix) -> bool {
    match (item(judge, a), item(judge, b)) {
        (Some(a), Some(b)) => same_item(judge, a, b),
        _ => true,
    }
}

fn collections(judge: &mut Judge<'_>) {
    for kind in [Kind::DataInput, Kind::DataOutput, Kind::DataObject] {
        judge.each(kind, Rule::CollectionOfItem, |j, ix| {
            let item = j.at(j.model.refer(ix, "itemSubjectRef")?);
            let wrong = j.at(ix).flag("isCollection", false) != item.flag("isCollection", false);
            when(
                wrong,
                "it is a collection and its item is not, or the other way around",
            )
        });
    }
}

fn state_in_name(judge: &mut Judge<'_>) {
    judge.each(Kind::DataObjectReference, Rule::StateInName, |j, ix| {
        let state = j.at(j.model.child(ix, "dataState")?).name();
        let object = j.at(j.model.refer(ix, "dataObjectRef")?).name();
        let wanted = format!("{object} [{state}]");
        when(
            j.at(ix).name() != wanted,
            &format!("its name is not {wanted:?}"),
        )
    });
}

fn property_owner(judge: &mut Judge<'_>) {
    judge.each(Kind::Property, Rule::PropertyOwner, |j, ix| {
        let owner = j.at(ix).parent?;
        let fits = [Kind::Process, Kind::Activity, Kind::Event];
        when(
            !fits.iter().any(|kind| j.is(owner, *kind)),
            "it belongs to nothing that has properties",
        )
    });
}

fn sub_process_data(judge: &mut Judge<'_>) {
    judge.each(Kind::SubProcess, Rule::SubProcessData, |j, ix| {
        let io = j.model.within(ix, Kind::IoSpecification).next()?;
        let mut data = j.model.within(io, Kind::Data);
        let repeats = j.model.within(ix, Kind::MultiInstance).next().is_some();
        when(
            data.next().is_some() && !repeats,
            "it has data inputs or outputs",
        )
    });
}

fn associations(judge: &mut Judge<'_>) {
    judge.each(
        Kind::DataOutputAssociation,
        Rule::DataInputWritten,
        |j, ix| {
            let target = j.model.refer(ix, "targetRef")?;
            when(j.is(target, Kind::DataInput), "it writes a data input")
        },
    );
    judge.each(Kind::DataInputAssociation, Rule::DataOutputRead, |j, ix| {
        let sources = j.model.refer_all(ix, "sourceRef");
        let wrong = sources.iter().any(|at| j.is(*at, Kind::DataOutput));
        when(wrong, "it reads a data output")
    });
    let transformed = |j: &Judge<'_>, ix: Ix| {
        j.model.child(ix, "transformation").is_some() || j.model.child(ix, "assignment").is_some()
    };
    judge.each(Kind::DataAssociation, Rule::AssociationItem, |j, ix| {
        let (source, target) = (
            j.model.refer(ix, "sourceRef")?,
            j.model.refer(ix, "targetRef")?,
        );
        let wrong = !transformed(j, ix) && !may_agree(j, source, target);
        when(wrong, "its source and its target are of two items")
    });
    judge.each(Kind::DataAssociation, Rule::SeveralSources, |j, ix| {
        let several = j.at(ix).all("sourceRef").count() > 1;
        when(
            several && !transformed(j, ix),
            "it has several sources and no transformation",
        )
    });
}

/// The kinds of data, the sets of each, and what a set holds.
const SIDES: [(Kind, Kind, &str, &[&str]); 2] = [
    (
        Kind::DataInput,
        Kind::InputSet,
        "dataInputRefs",
        &["optionalInputRefs", "whileExecutingInputRefs"],
    ),
    (
        Kind::DataOutput,
        Kind::OutputSet,
        "dataOutputRefs",
        &["optionalOutputRefs", "whileExecutingOutputRefs"],
    ),
];

fn in_no_set(judge: &mut Judge<'_>) {
    for (data, set, refs, _) in SIDES {
        judge.each(data, Rule::DataInNoSet, |j, ix| {
            let io = j
                .at(ix)
                .parent
                .filter(|io| j.is(*io, Kind::IoSpecification))?;
            let mut sets = j.model.within(io, set);
            let held = sets.any(|set| j.model.refer_all(set, refs).contains(&ix));
            when(!held, "no set names it")
        });
    }
}

fn not_in_its_set(judge: &mut Judge<'_>) {
    for (_, set, refs, others) in SIDES {
        judge.each(set, Rule::NotInItsSet, |j, ix| {
            let held: Vec<&str> = j.at(ix).all(refs).collect();
            let mut named = others.iter().flat_map(|other| j.at(ix).all(other));
            let missing = named.find(|name| !held.contains(name))?;
            Some(format!("`{missing}` is not in it"))
        });
    }
}

fn sets_disagree(judge: &mut Judge<'_>) {
    for (set, to, back) in [
        (Kind::InputSet, "outputSetRefs", "inputSetRefs"),
        (Kind::OutputSet, "inputSetRefs", "outputSetRefs"),
    ] {
        judge.each(set, Rule::SetsDisagree, |j, ix| {
            let named = j.model.refer_all(ix, to);
            let one_way = named
                .iter()
                .any(|at| !j.model.refer_all(*at, back).contains(&ix));
            when(one_way, "a set it names does not name it")
        });
    }
}

/// What a task takes or gives, by its operation or its message.
struct Exchange {
    set: Kind,
    data: Kind,
    message: Option<Ix>,
}

fn exchanges(judge: &Judge<'_>, task: Ix) -> Vec<Exchange> {
    let model = judge.model;
    let exchange = |set, data, message| Exchange { set, data, message };
    match judge.at(task).kind {
        Kind::ServiceTask => {
            let Some(operation) = model.refer(task, "operationRef") else {
                return vec![];
            };
            let (taken, given) = (
                model.refer(operation, "inMessageRef"),
                model.refer(operation, "outMessageRef"),
            );
            let mut all = vec![exchange(Kind::InputSet, Kind::DataInput, taken)];
            if given.is_some() {
                all.push(exchange(Kind::OutputSet, Kind::DataOutput, given));
            }
            all
        }
        Kind::SendTask => {
            let message = model.refer(task, "messageRef");
            vec![exchange(Kind::InputSet, Kind::DataInput, message)]
        }
        Kind::ReceiveTask => {
            let message = model.refer(task, "messageRef");
            vec![exchange(Kind::OutputSet, Kind::DataOutput, message)]
        }
        _ => vec![],
    }
}

fn task_data(judge: &mut Judge<'_>) {
    let tasks: Vec<Ix> = judge.model.of_kind(Kind::Task).collect();
    for task in tasks {
        let io = judge.model.within(task, Kind::IoSpecification).next();
        for exchange in exchanges(judge, task) {
            let Some(io) = io else {
                // A message is sent and received without data where none is modelled.
                if judge.is(task, Kind::ServiceTask) {
                    judge.tell(
                        Rule::OneData,
                        task,
                        "its operation takes data, and it has none",
                    );
                }
                continue;
            };
            let data: Vec<Ix> = judge.model.within(io, exchange.data).collect();
            if data.is_empty() {
                continue;
            }
            if judge.model.within(io, exchange.set).count() > 1 {
                let says = format!("it has more than one {}", exchange.set.tag());
                judge.tell(Rule::OneSet, task, says);
            }
            if data.len() > 1 {
                let says = format!("it has more than one {}", exchange.data.tag());
                judge.tell(Rule::OneData, task, says);
            }
            let of = exchange.message.filter(|at| item(judge, *at).is_some());
            if let Some(message) = of
                && !agree(judge, data[0], message)
            {
                let says = "its data is of another item than its message";
                judge.tell(Rule::DataOfMessage, task, says);
            }
        }
    }
}

/// What an event's definition brings or takes: a message, a signal, an error, an escalation.
fn brought(judge: &Judge<'_>, definition: Ix) -> Option<Ix> {
    let names = ["messageRef", "signalRef", "errorRef", "escalationRef"];
    let brought = names
        .iter()
        .find_map(|name| judge.model.refer(definition, name))?;
    item(judge, brought).map(|_| brought)
}

fn event_data(judge: &mut Judge<'_>) {
    let events: Vec<Ix> = judge.model.of_kind(Kind::Event).collect();
    for event in events {
        let data: Vec<Ix> = judge
            .model
            .within(event, Kind::DataInput)
            .chain(judge.model.within(event, Kind::DataOutput))
            .collect();
        let definitions = judge.model.event_definitions(event);
        let brought: Vec<Ix> = definitions
            .iter()
            .filter_map(|at| brought(judge, *at))
            .collect();
        if data.is_empty() {
            continue;
        }
        if data.len() < brought.len() {
            judge.tell(Rule::EventData, event, "a definition of it has no data");
        } else if brought
            .iter()
            .any(|at| !data.iter().any(|data| agree(judge, *data, *at)))
        {
            judge.tell(
                Rule::EventItem,
                event,
                "its data is of another item than its definition",
            );
        }
    }
}

fn loop_data(judge: &mut Judge<'_>) {
    for (collection, one) in [
        ("loopDataInputRef", "inputDataItem"),
        ("loopDataOutputRef", "outputDataItem"),
    ] {
        judge.each(Kind::MultiInstance, Rule::LoopData, |j, ix| {
            let data = j.model.refer(ix, collection)?;
            let wrong = !j.is(data, Kind::Data)
                || item(j, data).is_some_and(|at| !j.at(at).flag("isCollection", false));
            when(wrong, &format!("`{collection}` is no collection of data"))
        });
        judge.each(Kind::MultiInstance, Rule::LoopItem, |j, ix| {
            let all = item(j, j.model.refer(ix, collection)?)?;
            let one = item(j, j.model.child(ix, one)?)?;
            let wrong =
                !same_item(j, all, one) || j.at(one).flag("isCollection", false) && all != one;
            when(wrong, "the item is not one of its collection")
        });
    }
}

/// The data of an element's io specification.
fn data_of(judge: &Judge<'_>, of: Ix, kind: Kind) -> Vec<Ix> {
    let io = judge.model.within(of, Kind::IoSpecification);
    io.flat_map(|io| judge.model.within(io, kind)).collect()
}

fn call_data(judge: &mut Judge<'_>) {
    judge.each(Kind::CallActivity, Rule::CallData, |j, call| {
        let called = j.model.refer(call, "calledElement")?;
        let sides = [Kind::DataInput, Kind::DataOutput];
        let differs = sides.into_iter().find(|side| {
            let (given, taken) = (data_of(j, call, *side), data_of(j, called, *side));
            let fits = |a: &Ix| taken.iter().any(|b| may_agree(j, *a, *b));
            given.len() != taken.len() || !given.iter().all(fits)
        })?;
        Some(format!("each {} is not what it calls has", differs.tag()))
    });
}

fn bindings(judge: &mut Judge<'_>) {
    judge.each(Kind::CallableElement, Rule::BindingMissing, |j, ix| {
        let supported = j.model.refer_all(ix, "supportedInterfaceRef");
        let operations = supported
            .iter()
            .flat_map(|at| j.model.within(*at, Kind::Operation));
        let bound: Vec<Ix> = j
            .model
            .within(ix, Kind::IoBinding)
            .filter_map(|at| j.model.refer(at, "operationRef"))
            .collect();
        let free = operations
            .into_iter()
            .find(|operation| !bound.contains(operation))?;
        Some(format!(
            "the operation {:?} is not bound",
            j.at(free).name()
        ))
    });
    judge.each(Kind::IoBinding, Rule::BindingItem, |j, ix| {
        let operation = j.model.refer(ix, "operationRef")?;
        let sides = [
            ("inputDataRef", "inMessageRef"),
            ("outputDataRef", "outMessageRef"),
        ];
        let wrong = sides.iter().any(|(data, message)| {
            let ends = (j.model.refer(ix, data), j.model.refer(operation, message));
            matches!(ends, (Some(data), Some(message)) if !may_agree(j, data, message))
        });
        when(
            wrong,
            "what is bound is of another item than the operation's message",
        )
    });
}
