//! Files that are meant to hurt are refused with a reason, and at no cost beyond their size.

use bpmn::{Limits, Rule, Weight, read};

const SPACE: &str = "http://www.omg.org/spec/BPMN/20100524/MODEL";

fn file(inside: &str) -> String {
    format!("<definitions xmlns=\"{SPACE}\" targetNamespace=\"t\">{inside}</definitions>")
}

fn refused(text: &str) -> Rule {
    match read(text.as_bytes(), Limits::default()) {
        Err(problem) => problem.rule,
        Ok((_, problems)) => panic!("read, with {problems:?}"),
    }
}

#[test]
fn a_document_type_is_refused() {
    let head = "<!DOCTYPE d [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>";
    assert_eq!(refused(&format!("{head}{}", file(""))), Rule::DocumentType);
    let bomb = "<!DOCTYPE d [<!ENTITY a \"aa\"><!ENTITY b \"&a;&a;&a;\">]>";
    assert_eq!(
        refused(&format!("{bomb}{}", file("&b;"))),
        Rule::DocumentType
    );
}

#[test]
fn an_entity_of_its_own_is_refused() {
    let documented = |text: &str| file(&format!("<documentation>{text}</documentation>"));
    assert_eq!(refused(&documented("&a;")), Rule::Entity);
    assert_eq!(refused(&file("<process id=\"&a;\"/>")), Rule::Entity);
    let (model, problems) = read(documented("&lt;&#65;&#x42;").as_bytes(), Limits::default())
        .expect("the entities of XML are read");
    assert_eq!(problems, vec![]);
    assert_eq!(model.elements[1].text, "<AB");
}

#[test]
fn a_file_keeps_to_its_limits() {
    let deep = "<a>".repeat(200) + &"</a>".repeat(200);
    assert_eq!(refused(&file(&deep)), Rule::TooDeep);
    let limits = Limits {
        elements: 10,
        ..Limits::default()
    };
    let many = file(&"<process/>".repeat(10));
    let refusal = read(many.as_bytes(), limits).expect_err("too many");
    assert_eq!(refusal.rule, Rule::TooLarge);
    let limits = Limits {
        bytes: 100,
        ..Limits::default()
    };
    let refusal = read(many.as_bytes(), limits).expect_err("too long");
    assert_eq!(refusal.rule, Rule::TooLarge);
    let attributes: String = (0..300).map(|n| format!(" a{n}=\"\"")).collect();
    assert_eq!(
        refused(&file(&format!("<process{attributes}/>"))),
        Rule::TooLarge
    );
}

#[test]
fn what_is_no_xml_is_refused_with_its_line() {
    for text in [
        "",
        "no xml",
        "<a",
        "<definitions>",
        "<a></b>",
        "<a/><b/>",
        "<x:a/>",
        "<a b=1/>",
    ] {
        assert!(read(text.as_bytes(), Limits::default()).is_err(), "{text}");
    }
    let cut = file("<process>\n\n").replace("</definitions>", "");
    let refusal = read(cut.as_bytes(), Limits::default()).expect_err("cut");
    assert_eq!((refusal.rule, refusal.line), (Rule::NotWellFormed, 3));
    assert_eq!(refused("<a/>"), Rule::NotBpmn);
    let refusal = read(b"\xff<a/>", Limits::default()).expect_err("no text");
    assert_eq!(refusal.rule, Rule::NotWellFormed);
}

#[test]
fn an_encoding_is_the_one_the_file_names() {
    let text = file("<process id=\"p\" name=\"\u{e9}\"/>");
    let latin: Vec<u8> = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>"
        .bytes()
        .chain(text.chars().map(|c| c as u8))
        .collect();
    let (model, _) = read(&latin, Limits::default()).expect("latin is read");
    assert_eq!(model.elements[1].name(), "\u{e9}");
}

#[test]
fn every_problem_is_told_at_once_with_element_and_line() {
    let text = file(
        "\n<process id=\"p\">\n<task id=\"a\" isForCompensation=\"maybe\"/>\n\
         <sequenceFlow id=\"f\" sourceRef=\"a\" targetRef=\"b\"/>\n<task id=\"a\"/>\n<foo/></process>",
    );
    let (_, problems) = read(text.as_bytes(), Limits::default()).expect("it is read");
    let told: Vec<_> = problems
        .iter()
        .map(|p| (p.rule, p.weight, p.id.as_deref().unwrap_or(""), p.line))
        .collect();
    assert_eq!(
        told,
        [
            (Rule::BadValue, Weight::Plain, "a", 3),
            (Rule::ReferenceLeadsNowhere, Weight::Grave, "f", 4),
            (Rule::IdTwice, Weight::Plain, "a", 5),
            (Rule::UnknownElement, Weight::Grave, "p", 6),
        ]
    );
}

/// A file with a bit of everything, to be damaged.
const SAMPLE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="t">
<b:collaboration id="c"><b:participant id="a" processRef="p"/>
<b:messageFlow id="m" sourceRef="a" targetRef="r"/></b:collaboration>
<b:process id="p" isExecutable="true"><b:startEvent id="s"><b:outgoing>f</b:outgoing></b:startEvent>
<b:receiveTask id="r"><b:incoming>f</b:incoming><b:multiInstanceLoopCharacteristics>
<b:loopCardinality xsi:type="b:tFormalExpression">3 &lt; 4</b:loopCardinality>
</b:multiInstanceLoopCharacteristics></b:receiveTask>
<b:boundaryEvent id="t" attachedToRef="r"><b:timerEventDefinition><b:timeDuration>P1D</b:timeDuration>
</b:timerEventDefinition></b:boundaryEvent><b:sequenceFlow id="f" sourceRef="s" targetRef="r"/>
<b:subProcess id="q"><b:inclusiveGateway id="i"/><b:intermediateThrowEvent id="l">
<b:linkEventDefinition name="n"/></b:intermediateThrowEvent></b:subProcess></b:process>
</b:definitions>"#;

proptest::proptest! {
    /// Whatever a file is, it is read or refused, judged, and written so that it is read again.
    #[test]
    fn a_damaged_file_hurts_nobody(
        cuts in proptest::collection::vec((0..SAMPLE.len(), 0..40_usize, 0..SAMPLE.len()), 0..4),
    ) {
        let mut bytes = SAMPLE.as_bytes().to_vec();
        for (at, length, from) in cuts {
            let at = at.min(bytes.len());
            let end = (at + length).min(bytes.len());
            let from = from.min(bytes.len());
            let piece = bytes[from..(from + length).min(bytes.len())].to_vec();
            bytes.splice(at..end, piece);
        }
        if let Ok((model, _)) = read(&bytes, Limits::default()) {
            bpmn::judge(&model);
            // The bound alone keeps a net from being walked for ever.
            let _ = bpmn::soundness::decide(&model, 1_000);
            let again = read(bpmn::write(&model).as_bytes(), Limits::default());
            proptest::prop_assert!(again.is_ok(), "{:?}", again.err());
        }
    }
}

#[test]
fn a_large_file_costs_what_it_holds() {
    // Within the limits, each element is looked at as often as the rules ask, not once for each
    // other one: this ends at once, or a rule has become a square.
    let many: String = (0..30_000)
        .map(|n| {
            format!(
                "<task id=\"t{n}\"/><sequenceFlow id=\"f{n}\" sourceRef=\"t{n}\" targetRef=\"t0\"/>"
            )
        })
        .collect();
    let text = file(&format!("<process id=\"p\">{many}</process>"));
    let (model, _) = read(text.as_bytes(), Limits::default()).expect("it is read");
    assert!(bpmn::judge(&model).len() >= 30_000);
}
