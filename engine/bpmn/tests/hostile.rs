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
