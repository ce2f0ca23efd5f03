//! What BPMN 2.0 can say: every kind of element of the standard's schema, what it is a kind of,
//! its attributes and what may stand in it. One row a kind; the reader, the writer and the rules
//! ask this table and nothing else.
//!
//! An attribute is written `name:type`, with `!` where it must be there. A type is text (nothing
//! said), `bool`, `int`, `a|b` for one of these words, or `@Kind` for a reference to such an
//! element. What stands in an element is written `tag` or `tag:Kind` for an element, and
//! `tag=type` where the tag holds a value only. `?` is at most one, `!` exactly one, `*` any number.

use std::sync::LazyLock;

/// The namespace of the standard's elements.
pub const SPACE: &str = "http://www.omg.org/spec/BPMN/20100524/MODEL";
/// The namespace of drafts of the standard, which say the same things.
pub const DRAFT_SPACE: &str = "http://schema.omg.org/spec/BPMN/2.0";

macro_rules! kinds {
    ($($kind:ident $tag:literal $base:ident [$attributes:literal] [$content:literal];)*) => {
        /// A kind of element. A kind without a tag is what others have in common.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind { $($kind,)* }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Kind] = &[$(Kind::$kind,)*];

            /// The tag of the kind in a file; empty where it has none of its own.
            pub fn tag(self) -> &'static str {
                match self { $(Kind::$kind => $tag,)* }
            }
            /// What this is a kind of; the topmost is its own.
            pub fn base(self) -> Kind {
                match self { $(Kind::$kind => Kind::$base,)* }
            }
            fn row(self) -> (&'static str, &'static str) {
                match self { $(Kind::$kind => ($attributes, $content),)* }
            }
            fn named(name: &str) -> Option<Kind> {
                match name { $(stringify!($kind) => Some(Kind::$kind),)* _ => None }
            }
        }
    };
}

kinds! {
    Base "" Base ["id"] ["documentation* extensionElements:Extensions?"];
    Extensions "extensionElements" Base [""] [""];
    Documentation "documentation" Base ["textFormat"] [""];
    RootElement "" Base [""] [""];
    Definitions "definitions" Base
        ["name targetNamespace! expressionLanguage typeLanguage exporter exporterVersion"]
        ["import* extension* rootElement:RootElement* relationship*"];
    Import "import" Base ["namespace! location! importType!"] [""];
    Extension "extension" Base ["definition mustUnderstand:bool"] [""];
    Relationship "relationship" Base ["type! direction:None|Forward|Backward|Both"]
        ["source=any* target=any*"];

    // What flows
    FlowElementContainer "" Base [""] ["laneSet* flowElement:FlowElement* artifact:Artifact*"];
    CallableElement "" RootElement ["name"]
        ["supportedInterfaceRef=@Interface* ioSpecification? ioBinding*"];
    Process "process" CallableElement
        ["processType:None|Public|Private isClosed:bool isExecutable:bool \
          definitionalCollaborationRef:@Collaboration"]
        ["auditing? monitoring? property* laneSet* flowElement:FlowElement* artifact:Artifact* \
          resourceRole:ResourceRole* correlationSubscription* supports=@Process*"];
    GlobalTask "globalTask" CallableElement [""] ["resourceRole:ResourceRole*"];
    GlobalUserTask "globalUserTask" GlobalTask ["implementation"] ["rendering*"];
    GlobalManualTask "globalManualTask" GlobalTask [""] [""];
    GlobalScriptTask "globalScriptTask" GlobalTask ["scriptLanguage"] ["script=text?"];
    GlobalBusinessRuleTask "globalBusinessRuleTask" GlobalTask ["implementation"] [""];
    FlowElement "" Base ["name"] ["auditing? monitoring? categoryValueRef=@CategoryValue*"];
    SequenceFlow "sequenceFlow" FlowElement
        ["sourceRef:@FlowNode! targetRef:@FlowNode! isImmediate:bool"]
        ["conditionExpression:Expression?"];
    FlowNode "" FlowElement [""] ["incoming=@SequenceFlow* outgoing=@SequenceFlow*"];
    Activity "" FlowNode
        ["isForCompensation:bool startQuantity:int completionQuantity:int default:@SequenceFlow"]
        ["ioSpecification? property* dataInputAssociation* dataOutputAssociation* \
          resourceRole:ResourceRole* loopCharacteristics:LoopCharacteristics?"];
    Task "task" Activity [""] [""];
    UserTask "userTask" Task ["implementation"] ["rendering*"];
    ManualTask "manualTask" Task [""] [""];
    ServiceTask "serviceTask" Task ["implementation operationRef:@Operation"] [""];
    SendTask "sendTask" Task ["implementation messageRef:@Message operationRef:@Operation"] [""];
    ReceiveTask "receiveTask" Task
        ["implementation instantiate:bool messageRef:@Message operationRef:@Operation"] [""];
    ScriptTask "scriptTask" Task ["scriptFormat"] ["script=text?"];
    BusinessRuleTask "businessRuleTask" Task ["implementation"] [""];
    SubProcess "subProcess" Activity ["triggeredByEvent:bool"]
        ["laneSet* flowElement:FlowElement* artifact:Artifact*"];
    Transaction "transaction" SubProcess ["method"] [""];
    AdHocSubProcess "adHocSubProcess" SubProcess
        ["cancelRemainingInstances:bool ordering:Parallel|Sequential"]
        ["completionCondition:Expression?"];
    CallActivity "callActivity" Activity ["calledElement:@CallableElement"] [""];
    Gateway "" FlowNode ["gatewayDirection:Unspecified|Converging|Diverging|Mixed"] [""];
    ExclusiveGateway "exclusiveGateway" Gateway ["default:@SequenceFlow"] [""];
    InclusiveGateway "inclusiveGateway" Gateway ["default:@SequenceFlow"] [""];
    ParallelGateway "parallelGateway" Gateway [""] [""];
    ComplexGateway "complexGateway" Gateway ["default:@SequenceFlow"]
        ["activationCondition:Expression?"];
    EventBasedGateway "eventBasedGateway" Gateway
        ["instantiate:bool eventGatewayType:Exclusive|Parallel"] [""];

    // Events
    Event "" FlowNode [""] ["property*"];
    CatchEvent "" Event ["parallelMultiple:bool"]
        ["dataOutput* dataOutputAssociation* outputSet? eventDefinition:EventDefinition* \
          eventDefinitionRef=@EventDefinition*"];
    ThrowEvent "" Event [""]
        ["dataInput* dataInputAssociation* inputSet? eventDefinition:EventDefinition* \
          eventDefinitionRef=@EventDefinition*"];
    StartEvent "startEvent" CatchEvent ["isInterrupting:bool"] [""];
    IntermediateCatchEvent "intermediateCatchEvent" CatchEvent [""] [""];
    BoundaryEvent "boundaryEvent" CatchEvent ["cancelActivity:bool attachedToRef:@Activity!"] [""];
    IntermediateThrowEvent "intermediateThrowEvent" ThrowEvent [""] [""];
    ImplicitThrowEvent "event" ThrowEvent [""] [""];
    EndEvent "endEvent" ThrowEvent [""] [""];
    EventDefinition "" RootElement [""] [""];
    CancelEventDefinition "cancelEventDefinition" EventDefinition [""] [""];
    CompensateEventDefinition "compensateEventDefinition" EventDefinition
        ["waitForCompletion:bool activityRef:@Activity"] [""];
    ConditionalEventDefinition "conditionalEventDefinition" EventDefinition [""]
        ["condition:Expression!"];
    ErrorEventDefinition "errorEventDefinition" EventDefinition ["errorRef:@Error"] [""];
    EscalationEventDefinition "escalationEventDefinition" EventDefinition
        ["escalationRef:@Escalation"] [""];
    LinkEventDefinition "linkEventDefinition" EventDefinition ["name!"]
        ["source=@LinkEventDefinition* target=@LinkEventDefinition?"];
    MessageEventDefinition "messageEventDefinition" EventDefinition ["messageRef:@Message"]
        ["operationRef=@Operation?"];
    SignalEventDefinition "signalEventDefinition" EventDefinition ["signalRef:@Signal"] [""];
    TerminateEventDefinition "terminateEventDefinition" EventDefinition [""] [""];
    TimerEventDefinition "timerEventDefinition" EventDefinition [""]
        ["timeDate:Expression? timeDuration:Expression? timeCycle:Expression?"];

    // How often
    LoopCharacteristics "" Base [""] [""];
    StandardLoop "standardLoopCharacteristics" LoopCharacteristics
        ["testBefore:bool loopMaximum"] ["loopCondition:Expression?"];
    MultiInstance "multiInstanceLoopCharacteristics" LoopCharacteristics
        ["isSequential:bool behavior:None|One|All|Complex oneBehaviorEventRef:@EventDefinition \
          noneBehaviorEventRef:@EventDefinition"]
        ["loopCardinality:Expression? loopDataInputRef=@Data? loopDataOutputRef=@Data? \
          inputDataItem:DataInput? outputDataItem:DataOutput? complexBehaviorDefinition* \
          completionCondition:Expression?"];
    ComplexBehavior "complexBehaviorDefinition" Base [""]
        ["condition:Expression! event:ImplicitThrowEvent?"];
    Expression "expression" Base
        ["language evaluatesToTypeRef:@ItemDefinition"] [""];

    // Data
    Data "" FlowElement [""] [""];
    DataObject "dataObject" Data ["itemSubjectRef:@ItemDefinition isCollection:bool"]
        ["dataState?"];
    DataObjectReference "dataObjectReference" Data
        ["itemSubjectRef:@ItemDefinition dataObjectRef:@DataObject"] ["dataState?"];
    DataStoreReference "dataStoreReference" Data
        ["itemSubjectRef:@ItemDefinition dataStoreRef:@DataStore"] ["dataState?"];
    DataStore "dataStore" RootElement
        ["name capacity:int isUnlimited:bool itemSubjectRef:@ItemDefinition"] ["dataState?"];
    DataInput "dataInput" Data ["itemSubjectRef:@ItemDefinition isCollection:bool"] ["dataState?"];
    DataOutput "dataOutput" Data ["itemSubjectRef:@ItemDefinition isCollection:bool"]
        ["dataState?"];
    Property "property" Data ["itemSubjectRef:@ItemDefinition"] ["dataState?"];
    DataState "dataState" Base ["name"] [""];
    IoSpecification "ioSpecification" Base [""]
        ["dataInput* dataOutput* inputSet* outputSet*"];
    InputSet "inputSet" Base ["name"]
        ["dataInputRefs=@DataInput* optionalInputRefs=@DataInput* \
          whileExecutingInputRefs=@DataInput* outputSetRefs=@OutputSet*"];
    OutputSet "outputSet" Base ["name"]
        ["dataOutputRefs=@DataOutput* optionalOutputRefs=@DataOutput* \
          whileExecutingOutputRefs=@DataOutput* inputSetRefs=@InputSet*"];
    IoBinding "ioBinding" Base
        ["operationRef:@Operation! inputDataRef:@Data! outputDataRef:@Data!"] [""];
    DataAssociation "" Base [""]
        ["sourceRef=@Data* targetRef=@Data? transformation:Expression? assignment*"];
    DataInputAssociation "dataInputAssociation" DataAssociation [""] [""];
    DataOutputAssociation "dataOutputAssociation" DataAssociation [""] [""];
    Assignment "assignment" Base [""] ["from:Expression! to:Expression!"];
    ItemDefinition "itemDefinition" RootElement
        ["structureRef isCollection:bool itemKind:Information|Physical"] [""];

    // Who
    ResourceRole "resourceRole" Base ["name"]
        ["resourceRef=@Resource? resourceParameterBinding* resourceAssignmentExpression?"];
    Performer "performer" ResourceRole [""] [""];
    HumanPerformer "humanPerformer" Performer [""] [""];
    PotentialOwner "potentialOwner" HumanPerformer [""] [""];
    ResourceAssignment "resourceAssignmentExpression" Base [""]
        ["expression? formalExpression:Expression?"];
    ResourceParameterBinding "resourceParameterBinding" Base
        ["parameterRef:@ResourceParameter!"] ["expression? formalExpression:Expression?"];
    Resource "resource" RootElement ["name!"] ["resourceParameter*"];
    ResourceParameter "resourceParameter" Base ["name type isRequired:bool"] [""];
    Rendering "rendering" Base [""] [""];
    Auditing "auditing" Base [""] [""];
    Monitoring "monitoring" Base [""] [""];
    LaneSet "laneSet" Base ["name"] ["lane*"];
    Lane "lane" Base ["name partitionElementRef:@Base"]
        ["partitionElement:Base? flowNodeRef=@FlowNode* childLaneSet:LaneSet?"];

    // What is told
    Message "message" RootElement ["name itemRef:@ItemDefinition"] [""];
    Signal "signal" RootElement ["name structureRef:@ItemDefinition"] [""];
    Error "error" RootElement ["name errorCode structureRef:@ItemDefinition"] [""];
    Escalation "escalation" RootElement ["name escalationCode structureRef:@ItemDefinition"] [""];
    Interface "interface" RootElement ["name! implementationRef"] ["operation*"];
    Operation "operation" Base ["name! implementationRef"]
        ["inMessageRef=@Message! outMessageRef=@Message? errorRef=@Error*"];
    EndPoint "endPoint" RootElement [""] [""];

    // Who works together
    Collaboration "collaboration" RootElement ["name isClosed:bool"]
        ["participant* messageFlow* artifact:Artifact* conversationNode:ConversationNode* \
          conversationAssociation* participantAssociation* messageFlowAssociation* \
          correlationKey* choreographyRef=@Choreography* conversationLink*"];
    Choreography "choreography" Collaboration [""] ["flowElement:FlowElement*"];
    GlobalConversation "globalConversation" Collaboration [""] [""];
    GlobalChoreographyTask "globalChoreographyTask" Choreography
        ["initiatingParticipantRef:@Participant"] [""];
    Participant "participant" Base ["name processRef:@Process"]
        ["interfaceRef=@Interface* endPointRef=@EndPoint* participantMultiplicity?"];
    ParticipantMultiplicity "participantMultiplicity" Base ["minimum:int maximum:int"] [""];
    ParticipantAssociation "participantAssociation" Base [""]
        ["innerParticipantRef=@Participant! outerParticipantRef=@Participant!"];
    MessageFlow "messageFlow" Base
        ["name sourceRef:@Base! targetRef:@Base! messageRef:@Message"] [""];
    MessageFlowAssociation "messageFlowAssociation" Base
        ["innerMessageFlowRef:@MessageFlow! outerMessageFlowRef:@MessageFlow!"] [""];
    ConversationNode "" Base ["name"]
        ["participantRef=@Participant* messageFlowRef=@MessageFlow* correlationKey*"];
    Conversation "conversation" ConversationNode [""] [""];
    SubConversation "subConversation" ConversationNode [""] ["conversationNode:ConversationNode*"];
    CallConversation "callConversation" ConversationNode
        ["calledCollaborationRef:@Collaboration"] ["participantAssociation*"];
    ConversationAssociation "conversationAssociation" Base
        ["innerConversationNodeRef:@ConversationNode! outerConversationNodeRef:@ConversationNode!"]
        [""];
    ConversationLink "conversationLink" Base ["name sourceRef:@Base! targetRef:@Base!"] [""];
    CorrelationKey "correlationKey" Base ["name"] ["correlationPropertyRef=@CorrelationProperty*"];
    CorrelationProperty "correlationProperty" RootElement ["name type:@ItemDefinition"]
        ["correlationPropertyRetrievalExpression*"];
    CorrelationRetrieval "correlationPropertyRetrievalExpression" Base ["messageRef:@Message!"]
        ["messagePath:Expression!"];
    CorrelationSubscription "correlationSubscription" Base ["correlationKeyRef:@CorrelationKey!"]
        ["correlationPropertyBinding*"];
    CorrelationBinding "correlationPropertyBinding" Base
        ["correlationPropertyRef:@CorrelationProperty!"] ["dataPath:Expression!"];
    ChoreographyActivity "" FlowNode
        ["initiatingParticipantRef:@Participant! \
          loopType:None|Standard|MultiInstanceSequential|MultiInstanceParallel"]
        ["participantRef=@Participant* correlationKey*"];
    ChoreographyTask "choreographyTask" ChoreographyActivity [""] ["messageFlowRef=@MessageFlow*"];
    SubChoreography "subChoreography" ChoreographyActivity [""]
        ["flowElement:FlowElement* artifact:Artifact*"];
    CallChoreography "callChoreography" ChoreographyActivity ["calledChoreographyRef:@Choreography"]
        ["participantAssociation*"];
    PartnerEntity "partnerEntity" RootElement ["name"] ["participantRef=@Participant*"];
    PartnerRole "partnerRole" RootElement ["name"] ["participantRef=@Participant*"];

    // What is said beside
    Artifact "" Base [""] [""];
    Association "association" Artifact
        ["sourceRef:@Base! targetRef:@Base! associationDirection:None|One|Both"] [""];
    Group "group" Artifact ["categoryValueRef:@CategoryValue"] [""];
    TextAnnotation "textAnnotation" Artifact ["textFormat"] ["text=text?"];
    Category "category" RootElement ["name"] ["categoryValue*"];
    CategoryValue "categoryValue" Base ["value"] [""];
}

/// What a value may be.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text,
    /// Text that may hold markup.
    Markup,
    Bool,
    Int,
    Words(Vec<&'static str>),
    /// The id of an element of this kind.
    Reference(Kind),
    Any,
}

/// An attribute, or a tag that holds a value only.
#[derive(Clone, Debug)]
pub struct Slot {
    pub name: &'static str,
    pub value: Value,
    pub required: bool,
    /// Whether it may stand there more than once.
    pub many: bool,
}

/// An element that may stand in another.
#[derive(Clone, Debug)]
pub struct Child {
    /// The tag, where it is not that of the kind.
    pub tag: Option<&'static str>,
    pub kind: Kind,
    pub required: bool,
    pub many: bool,
}

/// One part of what stands in an element.
#[derive(Clone, Debug)]
pub enum Part {
    /// A tag that holds a value only.
    Leaf(Slot),
    Child(Child),
}

/// What may stand in an element of a kind, with what it inherits, in the order of the schema.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    pub attributes: Vec<Slot>,
    pub parts: Vec<Part>,
}

impl Shape {
    /// The attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&Slot> {
        self.attributes.iter().find(|slot| slot.name == name)
    }
    /// The tag of this name that holds a value only.
    pub fn leaf(&self, tag: &str) -> Option<&Slot> {
        self.parts.iter().find_map(|part| match part {
            Part::Leaf(slot) if slot.name == tag => Some(slot),
            _ => None,
        })
    }
    /// What a tag means in here, and the tag as it is kept.
    pub fn child(&self, tag: &str) -> Option<(&Child, Kind, &'static str)> {
        let kind = Kind::of_tag(tag);
        self.parts.iter().find_map(|part| match part {
            Part::Child(child) if child.tag == Some(tag) => {
                Some((child, child.kind, child.tag.unwrap_or_default()))
            }
            Part::Child(child) if child.tag.is_none() => {
                let kind = kind.filter(|kind| kind.is(child.kind))?;
                Some((child, kind, kind.tag()))
            }
            _ => None,
        })
    }
    /// Where a tag stands in the order of the schema.
    pub fn place(&self, tag: &str) -> usize {
        let kind = Kind::of_tag(tag);
        let is = |part: &Part| match part {
            Part::Leaf(slot) => slot.name == tag,
            Part::Child(child) => match child.tag {
                Some(own) => own == tag,
                None => kind.is_some_and(|kind| kind.is(child.kind)),
            },
        };
        self.parts.iter().position(is).unwrap_or(usize::MAX)
    }
}

static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    let shapes = Kind::ALL.iter().map(|kind| {
        let mut rows = vec![kind.row()];
        let mut at = *kind;
        while at.base() != at {
            at = at.base();
            rows.push(at.row());
        }
        // What is inherited comes first.
        let mut shape = Shape::default();
        rows.into_iter().rev().for_each(|row| add(&mut shape, row));
        shape
    });
    shapes.collect()
});

fn add(shape: &mut Shape, (attributes, content): (&'static str, &'static str)) {
    for word in attributes.split_whitespace() {
        let (word, required) = strip(word, '!');
        let (name, value) = word.split_once(':').unwrap_or((word, ""));
        shape.attributes.push(Slot {
            name,
            value: value_of(value),
            required,
            many: false,
        });
    }
    for word in content.split_whitespace() {
        let (word, many) = strip(word, '*');
        let (word, required) = strip(word, '!');
        let (word, _) = strip(word, '?');
        if let Some((name, value)) = word.split_once('=') {
            shape.parts.push(Part::Leaf(Slot {
                name,
                value: value_of(value),
                required,
                many,
            }));
            continue;
        }
        let (tag, kind) = match word.split_once(':') {
            Some((tag, kind)) => (Some(tag), Kind::named(kind)),
            None => (None, Kind::of_tag(word)),
        };
        let kind = kind.unwrap_or_else(|| panic!("{word} is no kind"));
        // A tag that is the kind's own, or that of a family of kinds, is said by the kind.
        let tag = tag.filter(|tag| *tag != kind.tag() && !is_family(kind));
        shape.parts.push(Part::Child(Child {
            tag,
            kind,
            required,
            many,
        }));
    }
}

/// Whether several tags stand for this kind.
fn is_family(kind: Kind) -> bool {
    kind.tag().is_empty() && kind != Kind::Base || kind == Kind::ResourceRole
}

fn strip(word: &'static str, sign: char) -> (&'static str, bool) {
    match word.strip_suffix(sign) {
        Some(word) => (word, true),
        None => (word, false),
    }
}

fn value_of(word: &'static str) -> Value {
    match word {
        "" => Value::Text,
        "text" => Value::Markup,
        "bool" => Value::Bool,
        "int" => Value::Int,
        "any" => Value::Any,
        _ => match word.strip_prefix('@') {
            Some(kind) => {
                Value::Reference(Kind::named(kind).unwrap_or_else(|| panic!("{kind} is no kind")))
            }
            None => Value::Words(word.split('|').collect()),
        },
    }
}

impl Kind {
    /// The kind that a tag stands for by itself.
    pub fn of_tag(tag: &str) -> Option<Kind> {
        let mut all = Kind::ALL.iter().copied();
        all.find(|kind| !tag.is_empty() && kind.tag() == tag)
    }
    /// Whether this is `of`, or a kind of it.
    pub fn is(self, of: Kind) -> bool {
        let mut at = self;
        loop {
            if at == of {
                return true;
            }
            if at.base() == at {
                return false;
            }
            at = at.base();
        }
    }
    /// What may stand in it.
    pub fn shape(self) -> &'static Shape {
        &SHAPES[self as usize]
    }
    /// Whether it holds flow elements of its own.
    pub fn is_container(self) -> bool {
        self.is(Kind::Process)
            || self.is(Kind::SubProcess)
            || self.is(Kind::Choreography)
            || self.is(Kind::SubChoreography)
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn every_row_is_understood() {
        for kind in Kind::ALL {
            let shape = kind.shape();
            assert!(shape.attributes.iter().any(|a| a.name == "id"), "{kind:?}");
        }
        assert!(Kind::UserTask.is(Kind::Activity));
        assert!(!Kind::EndEvent.is(Kind::CatchEvent));
    }

    #[test]
    fn a_tag_stands_for_one_kind() {
        for kind in Kind::ALL.iter().filter(|kind| !kind.tag().is_empty()) {
            assert_eq!(Kind::of_tag(kind.tag()), Some(*kind));
        }
    }
}
