//! Models that each break one rule of the standard: whether they are refused, and for that rule.

use super::{Group, judged, named, told};
use crate::conformance::{Suite, json};
use bpmn::{Rule, Weight};
use std::path::Path;

/// What the rules of the source are called here. Several of ours stand for one of theirs where
/// theirs says several things.
const NAMES: &[(&str, &[Rule])] = &[
    ("EXT003", &[Rule::NodeWithoutId]),
    ("EXT004", &[Rule::TextFormat]),
    ("EXT006", &[Rule::SequenceFlowOfArtifact]),
    ("EXT007", &[Rule::SequenceFlowOfArtifact]),
    ("EXT008", &[Rule::MessageFlowOfArtifact]),
    ("EXT009", &[Rule::MessageFlowOfArtifact]),
    ("EXT010", &[Rule::TextFormat]),
    ("EXT011", &[Rule::EscalationCode]),
    ("EXT012", &[Rule::InformalExpression]),
    ("EXT013", &[Rule::EmptyExpression]),
    ("EXT014", &[Rule::NotAUri]),
    ("EXT017", &[Rule::ConvergingGateway]),
    ("EXT018", &[Rule::DivergingGateway]),
    ("EXT019", &[Rule::MixedGateway]),
    ("EXT020", &[Rule::CollectionOfItem]),
    ("EXT021", &[Rule::EventSubProcessFlow]),
    ("EXT022", &[Rule::EventSubProcessFlow]),
    ("EXT023", &[Rule::FlowNotListed]),
    ("EXT024", &[Rule::ImmediateFlow]),
    ("EXT025", &[Rule::OnlyConditionalFlow]),
    ("EXT026", &[Rule::DefaultOfAnother]),
    ("EXT027", &[Rule::ChoreographyReference]),
    ("EXT028", &[Rule::SequenceFlowLeavesProcess]),
    ("EXT029", &[Rule::MultiplicityMinimum]),
    ("EXT030", &[Rule::MultiplicityMaximum]),
    ("EXT031", &[Rule::MessageFlowWithinParticipant]),
    ("EXT032", &[Rule::GlobalConversation]),
    ("EXT033", &[Rule::ClosedChoreography]),
    ("EXT035", &[Rule::PublicExecutable]),
    ("EXT036", &[Rule::ChoreographyInProcess]),
    ("EXT037", &[Rule::StartQuantity]),
    ("EXT038", &[Rule::CompletionQuantity]),
    ("EXT039", &[Rule::ResourceTwice]),
    ("EXT040", &[Rule::ResourceUnknown]),
    ("EXT041", &[Rule::TwoLoops]),
    ("EXT042", &[Rule::OneData]),
    ("EXT043", &[Rule::OneSet]),
    ("EXT044", &[Rule::DataOfMessage]),
    ("EXT045", &[Rule::DataOfMessage]),
    ("EXT046", &[Rule::OneSet]),
    ("EXT047", &[Rule::OneData]),
    ("EXT048", &[Rule::DataOfMessage]),
    ("EXT049", &[Rule::ReceiveInstantiates]),
    ("EXT050", &[Rule::OneSet]),
    ("EXT051", &[Rule::OneData]),
    ("EXT052", &[Rule::DataOfMessage]),
    ("EXT053", &[Rule::ScriptFormat]),
    ("EXT054", &[Rule::TwoLoops]),
    ("EXT055", &[Rule::TwoLoops]),
    ("EXT056", &[Rule::ChoreographyInProcess]),
    ("EXT057", &[Rule::EventSubProcessFlow]),
    ("EXT058", &[Rule::EventSubProcessStart]),
    ("EXT059", &[Rule::EventSubProcessTrigger]),
    ("EXT060", &[Rule::NotAUri]),
    ("EXT061", &[Rule::AdHocEmpty]),
    ("EXT062", &[Rule::AdHocEvents]),
    ("EXT063", &[Rule::CallData]),
    ("EXT064", &[Rule::BindingMissing]),
    ("EXT065", &[Rule::BindingItem]),
    ("EXT067", &[Rule::InstancesUnknown]),
    ("EXT068", &[Rule::LoopData]),
    ("EXT069", &[Rule::LoopItem]),
    ("EXT070", &[Rule::LoopItem]),
    ("EXT071", &[Rule::ConditionIsBoolean]),
    ("EXT072", &[Rule::ConditionIsBoolean]),
    ("EXT076", &[Rule::StateInName]),
    ("EXT077", &[Rule::CollectionOfItem]),
    ("EXT078", &[Rule::PropertyOwner, Rule::MisplacedElement]),
    ("EXT079", &[Rule::SubProcessData]),
    ("EXT080", &[Rule::DataInputWritten]),
    ("EXT081", &[Rule::CollectionOfItem]),
    ("EXT082", &[Rule::DataOutputRead]),
    ("EXT083", &[Rule::CollectionOfItem]),
    ("EXT084", &[Rule::DataInNoSet]),
    ("EXT085", &[Rule::NotInItsSet]),
    ("EXT086", &[Rule::NotInItsSet]),
    ("EXT087", &[Rule::SetsDisagree]),
    ("EXT089", &[Rule::NotInItsSet]),
    ("EXT091", &[Rule::AssociationItem]),
    ("EXT092", &[Rule::SeveralSources]),
    ("EXT093", &[Rule::EventData]),
    ("EXT094", &[Rule::EventItem]),
    ("EXT095", &[Rule::DefinitionOfAnother]),
    ("EXT096", &[Rule::StartIncoming]),
    ("EXT097", &[Rule::EndWithoutStart]),
    ("EXT098", &[Rule::StartTrigger]),
    ("EXT099", &[Rule::CalledStart]),
    ("EXT100", &[Rule::SubProcessStart]),
    ("EXT101", &[Rule::FlowNotListed]),
    ("EXT102", &[Rule::StartSends]),
    ("EXT103", &[Rule::StartReceives]),
    ("EXT104", &[Rule::EndOutgoing]),
    ("EXT105", &[Rule::StartWithoutEnd]),
    ("EXT106", &[Rule::CancelOutsideTransaction]),
    ("EXT107", &[Rule::FlowNotListed]),
    ("EXT108", &[Rule::EndReceives]),
    ("EXT109", &[Rule::EndSends]),
    (
        "EXT110",
        &[Rule::BoundaryTrigger, Rule::BoundaryWithoutTrigger],
    ),
    ("EXT111", &[Rule::CancelOutsideTransaction]),
    ("EXT112", &[Rule::BoundaryIncoming]),
    ("EXT113", &[Rule::BoundaryOutgoing]),
    ("EXT114", &[Rule::CompensationOutgoing]),
    ("EXT115", &[Rule::IntermediateIncoming]),
    ("EXT116", &[Rule::IntermediateOutgoing]),
    ("EXT117", &[Rule::LinkFlow]),
    ("EXT118", &[Rule::LinkEndsDisagree]),
    ("EXT119", &[Rule::IntermediateMessage]),
    ("EXT120", &[Rule::CancelOutsideTransaction]),
    ("EXT121", &[Rule::StartTrigger]),
    ("EXT122", &[Rule::CatchTrigger]),
    ("EXT123", &[Rule::ConditionalEvent]),
    ("EXT124", &[Rule::LinkWithoutSource]),
    ("EXT125", &[Rule::LinkWithoutTarget]),
    ("EXT126", &[Rule::LinkLeavesProcess]),
    ("EXT127", &[Rule::MessageUnknown]),
    ("EXT128", &[Rule::OperationUnknown]),
    ("EXT130", &[Rule::BoundaryWithoutTrigger]),
    ("EXT131", &[Rule::TimerTwice]),
    ("EXT132", &[Rule::TimeDate]),
    ("EXT133", &[Rule::TimeCycle]),
    ("EXT134", &[Rule::TimeDuration]),
    ("EXT135", &[Rule::GatewayWithoutChoice]),
    ("EXT136", &[Rule::EventGatewayWays]),
    ("EXT137", &[Rule::EventGatewayCondition]),
    ("EXT138", &[Rule::EventGatewayTarget]),
    ("EXT139", &[Rule::EventGatewayMixed]),
    ("EXT140", &[Rule::EventGatewayBoundary]),
    ("EXT141", &[Rule::EventGatewaySecondWay]),
    ("EXT142", &[Rule::EventGatewayInstantiates]),
    ("EXT143", &[Rule::CompensationHandler]),
    ("EXT144", &[Rule::CompensationActivity]),
    ("EXT145", &[Rule::TextFormat]),
    ("EXT146", &[Rule::EndTrigger]),
    (
        "EXT147",
        &[Rule::BoundaryTrigger, Rule::BoundaryWithoutTrigger],
    ),
    ("EXT148", &[Rule::CatchTrigger]),
    ("EXT149", &[Rule::ThrowTrigger]),
    ("EXT150", &[Rule::NodeWithoutIncoming]),
    ("EXT151", &[Rule::NodeWithoutOutgoing]),
    ("EXT152", &[Rule::SequenceFlowLeavesSubProcess]),
    (
        "REF",
        &[
            Rule::ReferenceOfWrongKind,
            Rule::ReferenceLeadsNowhere,
            Rule::MessageFlowEnd,
        ],
    ),
];

/// What each model that breaks a rule comes to: that it is refused, and that the rule is named.
pub fn constraints(dir: &Path) -> Result<Vec<Suite>, String> {
    let mut refused = Suite::new("bpmn: constraints refused", "models");
    let mut right = Suite::new("bpmn: right rule named", "models");
    let cases = json(&dir.join("constraints.json"))?;
    for case in cases.as_array().into_iter().flatten() {
        let said = |key: &str| case[key].as_str().ok_or(format!("a case has no {key}"));
        let (name, rule) = (said("model")?, said("rule")?);
        let (_, problems) = judged(&dir.join(name))?;
        let grave = |p: &&bpmn::Problem| p.weight > Weight::Advice;
        let broken: Vec<&bpmn::Problem> = problems.iter().filter(grave).collect();
        let outcome = match broken.is_empty() {
            true => Err("it is taken".to_owned()),
            false => Ok(()),
        };
        refused.add(name, outcome);
        let ours = NAMES.iter().find(|(theirs, _)| *theirs == rule);
        let ours = ours.ok_or(format!("{rule} has no name here"))?.1;
        let outcome = match broken.iter().any(|p| ours.contains(&p.rule)) {
            true => Ok(()),
            false => Err(format!(
                "{ours:?} wanted: {}",
                told(problems.iter()).err().unwrap_or_default()
            )),
        };
        right.add(name, outcome);
    }
    Ok(vec![refused, right])
}

/// Models that break no rule, and are not refused for one.
pub fn no_false_refusal(group: &Group) -> Result<Suite, String> {
    let mut suite = Suite::new(format!("bpmn: {} not refused", group.name), "models");
    for file in &group.files {
        let (_, problems) = judged(file)?;
        let broken = problems.iter().filter(|p| p.weight > Weight::Advice);
        suite.add(named(&group.folder, file), told(broken));
    }
    Ok(suite)
}
