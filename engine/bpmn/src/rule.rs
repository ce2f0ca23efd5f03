//! The rules a file is held to: one list, each rule with its name and what it says.

macro_rules! rules {
    ($($(#[doc = $says:literal])+ $rule:ident $name:literal $weight:ident;)*) => {
        /// What a file must hold to. Each is what the standard says, or what every file must keep.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule { $($(#[doc = $says])+ $rule,)* }

        impl Rule {
            /// Every rule.
            pub const ALL: &[Rule] = &[$(Rule::$rule,)*];

            /// Its stable name.
            pub fn name(self) -> &'static str {
                match self { $(Rule::$rule => $name,)* }
            }
            /// What it says.
            pub fn says(self) -> String {
                match self { $(Rule::$rule => concat!($($says),+).trim().to_owned(),)* }
            }
            /// What a file that breaks it means for who reads it.
            pub fn weight(self) -> Weight {
                match self { $(Rule::$rule => Weight::$weight,)* }
            }
        }
    };
}

/// What it means that a file breaks a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// The standard wants it, and models that work leave it out.
    Advice,
    /// The standard forbids it; what the file says is plain all the same.
    Plain,
    /// What the file says cannot be told, or cannot be meant.
    Grave,
}

rules! {
    /// A file is well-formed XML in the encoding it names.
    NotWellFormed "not_well_formed" Grave;
    /// A file has no document type.
    DocumentType "document_type" Grave;
    /// An entity is one of XML's own five, or a character by its number.
    Entity "entity" Grave;
    /// A file keeps to the limits of size.
    TooLarge "too_large" Grave;
    /// A file keeps to the limit of depth.
    TooDeep "too_deep" Grave;
    /// A file holds the definitions of BPMN 2.0.
    NotBpmn "not_bpmn" Grave;
    /// An element of the standard's namespace is one of the standard.
    UnknownElement "unknown_element" Grave;
    /// An attribute of an element is one of the standard, or in a namespace of its own.
    UnknownAttribute "unknown_attribute" Plain;
    /// An element stands where the standard has it.
    MisplacedElement "misplaced_element" Grave;
    /// What an element must say is said.
    MissingAttribute "missing_attribute" Plain;
    /// What must stand in an element stands there.
    MissingElement "missing_element" Plain;
    /// What may stand in an element once stands there once.
    ElementTwice "element_twice" Plain;
    /// A value is one of its type.
    BadValue "bad_value" Plain;
    /// An id names one element.
    IdTwice "id_twice" Plain;
    /// A reference leads to an element of the file or of one that it imports.
    ReferenceLeadsNowhere "reference_leads_nowhere" Plain;
    /// A reference leads to an element of the kind it is for.
    ReferenceOfWrongKind "reference_of_wrong_kind" Plain;

    /// A flow node has an id, as flows refer to it.
    NodeWithoutId "node_without_id" Plain;
    /// A format of text is a media kind such as `text/plain`.
    TextFormat "text_format" Plain;
    /// A language or method is a URI.
    NotAUri "not_a_uri" Plain;
    /// A script says in which language it is.
    ScriptFormat "script_format" Advice;

    /// A sequence flow joins flow nodes, not what is said beside.
    SequenceFlowOfArtifact "sequence_flow_of_artifact" Grave;
    /// A message flow joins who tells and who is told, not what is said beside.
    MessageFlowOfArtifact "message_flow_of_artifact" Plain;
    /// A message flow begins and ends at a participant, an activity or an event.
    MessageFlowEnd "message_flow_end" Plain;
    /// A message flow joins two participants.
    MessageFlowWithinParticipant "message_flow_within_participant" Plain;
    /// A sequence flow stays in its process.
    SequenceFlowLeavesProcess "sequence_flow_leaves_process" Grave;
    /// A sequence flow stays in its sub-process.
    SequenceFlowLeavesSubProcess "sequence_flow_leaves_sub_process" Grave;
    /// A node lists the sequence flows that begin and end at it, and no others.
    FlowNotListed "flow_not_listed" Plain;
    /// An immediate flow is not said of an executable process.
    ImmediateFlow "immediate_flow" Plain;
    /// An activity with a conditional flow has another one besides.
    OnlyConditionalFlow "only_conditional_flow" Plain;
    /// A default flow is one of the node's own.
    DefaultOfAnother "default_of_another" Grave;
    /// Where a start event begins, no other node is without an incoming flow.
    NodeWithoutIncoming "node_without_incoming" Plain;
    /// Where an end event ends, no other node is without an outgoing flow.
    NodeWithoutOutgoing "node_without_outgoing" Plain;

    /// A converging gateway has several ways in and one out.
    ConvergingGateway "converging_gateway" Plain;
    /// A diverging gateway has one way in and several out.
    DivergingGateway "diverging_gateway" Plain;
    /// A mixed gateway has several ways in and several out.
    MixedGateway "mixed_gateway" Plain;
    /// A gateway has several ways in or several out.
    GatewayWithoutChoice "gateway_without_choice" Plain;
    /// An event-based gateway has at least two ways out.
    EventGatewayWays "event_gateway_ways" Plain;
    /// A way out of an event-based gateway has no condition.
    EventGatewayCondition "event_gateway_condition" Plain;
    /// An event-based gateway leads to catching events and receive tasks.
    EventGatewayTarget "event_gateway_target" Plain;
    /// An event-based gateway leads to message events or to receive tasks, not to both.
    EventGatewayMixed "event_gateway_mixed" Plain;
    /// A receive task behind an event-based gateway has no boundary event.
    EventGatewayBoundary "event_gateway_boundary" Plain;
    /// What is behind an event-based gateway has no other way in.
    EventGatewaySecondWay "event_gateway_second_way" Plain;
    /// An event-based gateway that begins a process has no way in.
    EventGatewayInstantiates "event_gateway_instantiates" Plain;

    /// What a choreography consists of does not stand in a process.
    ChoreographyInProcess "choreography_in_process" Grave;
    /// An activity waits for at least one token.
    StartQuantity "start_quantity" Plain;
    /// An activity gives at least one token.
    CompletionQuantity "completion_quantity" Plain;
    /// An activity is repeated in one way.
    TwoLoops "two_loops" Grave;
    /// A receive task that begins a process has no way in.
    ReceiveInstantiates "receive_instantiates" Plain;
    /// An event sub-process has no incoming and no outgoing flow.
    EventSubProcessFlow "event_sub_process_flow" Grave;
    /// An event sub-process has exactly one start event.
    EventSubProcessStart "event_sub_process_start" Plain;
    /// An event sub-process begins with an event it may begin with.
    EventSubProcessTrigger "event_sub_process_trigger" Plain;
    /// An ad-hoc sub-process has an activity.
    AdHocEmpty "ad_hoc_empty" Plain;
    /// An ad-hoc sub-process has no start and no end event.
    AdHocEvents "ad_hoc_events" Plain;
    /// A multi-instance activity says how many instances there are.
    InstancesUnknown "instances_unknown" Plain;
    /// The collection of a multi-instance activity is data of it that is a collection.
    LoopData "loop_data" Plain;
    /// The item of a multi-instance activity is one of its collection.
    LoopItem "loop_item" Plain;
    /// A condition is true or false.
    ConditionIsBoolean "condition_is_boolean" Plain;
    /// A role is filled by a resource or by an expression, not by both.
    ResourceTwice "resource_twice" Plain;
    /// A role binds parameters of the resource it names.
    ResourceUnknown "resource_unknown" Plain;

    /// A process that may be executed is not a public one.
    PublicExecutable "public_executable" Plain;
    /// Where there is an end event, there is a start event.
    EndWithoutStart "end_without_start" Plain;
    /// Where there is a start event, there is an end event.
    StartWithoutEnd "start_without_end" Plain;
    /// A start event of a process begins with nothing, a message, a timer, a condition or a signal.
    StartTrigger "start_trigger" Plain;
    /// A process that is called has a start event without a trigger.
    CalledStart "called_start" Plain;
    /// A start event of a sub-process has no trigger.
    SubProcessStart "sub_process_start" Plain;
    /// A start event has no way in.
    StartIncoming "start_incoming" Grave;
    /// A start event sends no message.
    StartSends "start_sends" Plain;
    /// A start event that is sent a message waits for one.
    StartReceives "start_receives" Plain;
    /// An end event has no way out.
    EndOutgoing "end_outgoing" Grave;
    /// An end event receives no message.
    EndReceives "end_receives" Plain;
    /// An end event that sends a message throws one.
    EndSends "end_sends" Plain;
    /// An end event throws what ends may throw.
    EndTrigger "end_trigger" Plain;
    /// Only a transaction is cancelled.
    CancelOutsideTransaction "cancel_outside_transaction" Plain;
    /// An intermediate event catches what may be caught on the way.
    CatchTrigger "catch_trigger" Plain;
    /// An intermediate event throws what may be thrown on the way.
    ThrowTrigger "throw_trigger" Plain;
    /// An intermediate event has a way in, unless it is the end of a link.
    IntermediateIncoming "intermediate_incoming" Plain;
    /// An intermediate event has a way out, unless it is the begin of a link.
    IntermediateOutgoing "intermediate_outgoing" Plain;
    /// A catching event sends no message, a throwing one receives none.
    IntermediateMessage "intermediate_message" Plain;
    /// A boundary event waits for something.
    BoundaryWithoutTrigger "boundary_without_trigger" Grave;
    /// A boundary event waits for what may be caught there.
    BoundaryTrigger "boundary_trigger" Plain;
    /// A boundary event has no way in.
    BoundaryIncoming "boundary_incoming" Grave;
    /// A boundary event has a way out, unless it compensates.
    BoundaryOutgoing "boundary_outgoing" Plain;
    /// A boundary event that compensates has no way out.
    CompensationOutgoing "compensation_outgoing" Plain;
    /// A boundary event that compensates is associated with one activity.
    CompensationHandler "compensation_handler" Plain;
    /// What compensates is an activity for compensation.
    CompensationActivity "compensation_activity" Plain;
    /// A link goes on without sequence flows in between.
    LinkFlow "link_flow" Plain;
    /// Both ends of a link name each other.
    LinkEndsDisagree "link_ends_disagree" Plain;
    /// A link that is caught is thrown somewhere.
    LinkWithoutSource "link_without_source" Plain;
    /// A link that is thrown is caught somewhere.
    LinkWithoutTarget "link_without_target" Plain;
    /// A link stays in its process or sub-process.
    LinkLeavesProcess "link_leaves_process" Plain;
    /// A reference to an event's definition leads to one that stands by itself.
    DefinitionOfAnother "definition_of_another" Plain;
    /// A message event says which message.
    MessageUnknown "message_unknown" Plain;
    /// A message event says by which operation.
    OperationUnknown "operation_unknown" Plain;
    /// An escalation that is thrown has a code.
    EscalationCode "escalation_code" Plain;
    /// A timer has one time.
    TimerTwice "timer_twice" Plain;
    /// A date of a timer is one of ISO 8601.
    TimeDate "time_date" Plain;
    /// A cycle of a timer is one of ISO 8601.
    TimeCycle "time_cycle" Plain;
    /// A duration of a timer is one of ISO 8601.
    TimeDuration "time_duration" Plain;

    /// An expression of an executable process is a formal one.
    InformalExpression "informal_expression" Plain;
    /// A formal expression says something.
    EmptyExpression "empty_expression" Plain;
    /// A conditional event has a formal condition.
    ConditionalEvent "conditional_event" Plain;

    /// Data is a collection if its item is.
    CollectionOfItem "collection_of_item" Plain;
    /// A state of a data object is in its name: `name [state]`.
    StateInName "state_in_name" Plain;
    /// A property belongs to a process, an activity or an event.
    PropertyOwner "property_owner" Plain;
    /// A sub-process has no data inputs and outputs of its own.
    SubProcessData "sub_process_data" Plain;
    /// A data input is not written from within.
    DataInputWritten "data_input_written" Plain;
    /// A data output is not read from within.
    DataOutputRead "data_output_read" Plain;
    /// Every data input and output is in a set.
    DataInNoSet "data_in_no_set" Plain;
    /// What a set calls optional, or takes while executing, is in the set.
    NotInItsSet "not_in_its_set" Plain;
    /// Sets of inputs and outputs name each other.
    SetsDisagree "sets_disagree" Plain;
    /// What an association moves is of one item, unless it is transformed.
    AssociationItem "association_item" Plain;
    /// An association of several sources has a transformation.
    SeveralSources "several_sources" Plain;
    /// A task with an operation or message has one set of inputs or outputs.
    OneSet "one_set" Plain;
    /// A task with an operation or message has the data it needs, and no other.
    OneData "one_data" Plain;
    /// The data of a task is the item of its message.
    DataOfMessage "data_of_message" Plain;
    /// An event has data for each of its definitions.
    EventData "event_data" Plain;
    /// The data of an event is the item of its definition.
    EventItem "event_item" Plain;
    /// A call gives what is called the data it takes, and takes what it gives.
    CallData "call_data" Plain;
    /// What supports an interface binds each of its operations.
    BindingMissing "binding_missing" Plain;
    /// What is bound to an operation is the item of its messages.
    BindingItem "binding_item" Plain;

    /// A collaboration alone refers to choreographies.
    ChoreographyReference "choreography_reference" Plain;
    /// A global conversation has no conversations in it.
    GlobalConversation "global_conversation" Plain;
    /// A closed choreography has every message flow of its collaboration.
    ClosedChoreography "closed_choreography" Plain;
    /// The least number of participants is not negative.
    MultiplicityMinimum "multiplicity_minimum" Plain;
    /// The greatest number of participants is at least one, and at least the least one.
    MultiplicityMaximum "multiplicity_maximum" Plain;
}
