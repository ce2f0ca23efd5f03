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
    /// What the file says is plain all the same: a tool that exchanges models takes it.
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
}
