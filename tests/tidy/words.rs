//! One term a concept: the glossary has a row for each, and the synonyms of other products do not
//! come in.

use crate::{
    none,
    sources::{Source, below, designer, engine, read, says, words},
};

/// A term, its Chinese, and what it is called elsewhere and not here. A synonym is looked for
/// however it is joined (`WorkItem`, `work_item`, `work item`); only those are listed that can
/// mean nothing else in a source of ours.
const TERMS: [(&str, &str, &[&str]); 43] = [
    ("package", "模块包", &["add on", "plug in"]),
    ("manifest", "清单", &[]),
    ("overlay", "覆盖层", &["customisation", "customization"]),
    (
        "form type",
        "表单类型",
        &["doc type", "doctype", "document type", "entity type"],
    ),
    ("field", "字段", &["docfield", "form item"]),
    (
        "kind",
        "种类",
        &["field type", "node type", "task type", "event type"],
    ),
    (
        "record",
        "单据",
        &["docstatus", "doc status", "record type"],
    ),
    (
        "line",
        "明细行",
        &["line item", "sub form", "subform", "detail row"],
    ),
    ("link", "关联", &["reference field", "foreign field"]),
    ("rule", "规则", &[]),
    ("layout", "版面", &[]),
    ("status", "状态", &["status cancelled", "status canceled"]),
    (
        "workflow definition",
        "流程定义",
        &["process definition", "workflow template"],
    ),
    ("node", "节点", &[]),
    ("transition", "流转", &["sequence flow"]),
    ("gateway", "网关", &[]),
    ("block", "流程块", &["sub process"]),
    (
        "instance",
        "流程实例",
        &["process instance", "workflow run"],
    ),
    ("token", "令牌", &[]),
    ("task", "任务", &["work item", "todo item", "user task"]),
    ("ballot", "会签单", &["countersign", "counter sign"]),
    ("seat", "席位", &[]),
    ("candidate", "候选人", &[]),
    ("assignee", "处理人", &["approver id"]),
    ("outcome", "处理结果", &["approval result"]),
    ("event", "事件", &[]),
    ("role", "角色", &["user group", "permission group"]),
    ("grant", "授权", &["privilege", "acl", "permission rule"]),
    (
        "scope",
        "数据范围",
        &["data permission", "row level security", "rls"],
    ),
    ("ledger", "账簿", &["account book"]),
    ("dimension", "维度", &[]),
    ("measure", "度量", &[]),
    ("entry", "分录", &["ledger row", "ledger line"]),
    ("posting", "过账", &["posting rule"]),
    ("balance", "余额", &[]),
    ("turnover", "发生额", &[]),
    ("reversal", "冲销", &["unpost", "un post"]),
    ("register", "时效登记", &["info register"]),
    ("open item", "未清项", &["clearing item"]),
    ("match", "核销", &["reconcile"]),
    ("period", "期间", &[]),
    (
        "job",
        "作业",
        &["scheduled task", "cron task", "background task"],
    ),
    ("site", "站点", &["tenant", "multi tenant"]),
];

/// Terms of the engine's inside that have no synonyms to refuse.
const MORE: [(&str, &str); 3] = [
    ("outbox", "发件箱"),
    ("incident", "异常"),
    ("story", "场景用例"),
];

/// Speaks of the files of a standard, whose words are its own.
const OF_A_STANDARD: &str = "engine/bpmn/";
/// A word of the browser that looks like one of these.
const OF_THE_BROWSER: &str = "node type";
/// The first word of a page, as browsers want it.
const OF_A_PAGE: &str = "doctype";
const PAGES: &str = "engine/server/src/http/web.rs";

#[test]
fn synonyms_stay_out() {
    let mut found = vec![];
    let schemas = below("schemas", &[".json"])
        .into_iter()
        // A fixture of what is refused may say anything.
        .filter(|source| !source.path.contains("/fixtures/"))
        .collect::<Vec<Source>>();
    for source in engine().into_iter().chain(designer()).chain(schemas) {
        let words = words(&source.spoken());
        for (term, _, synonyms) in TERMS {
            for synonym in synonyms {
                if *synonym == OF_THE_BROWSER && source.path.starts_with("designer/") {
                    continue;
                }
                if source.path.starts_with(OF_A_STANDARD) {
                    continue;
                }
                if *synonym == OF_A_PAGE && source.path == PAGES {
                    continue;
                }
                let phrase: Vec<&str> = synonym.split(' ').collect();
                for line in says(&words, &phrase) {
                    found.push(format!(
                        "{}:{line}: `{synonym}` is called {term} here",
                        source.path
                    ));
                }
            }
        }
    }
    none(
        found,
        "One term a concept, in code, schema, address and screen (GLOSSARY.md).",
    );
}

/// The rows of the glossary's tables: term, zh-CN, zh-TW, meaning.
fn rows(glossary: &str) -> Vec<Vec<&str>> {
    glossary
        .lines()
        .filter(|line| line.starts_with('|'))
        .filter(|line| !line.starts_with("|--") && !line.starts_with("|term"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

#[test]
fn the_glossary_has_every_term() {
    let glossary = read("GLOSSARY.md");
    let rows = rows(&glossary);
    let mut found = vec![];
    let terms = TERMS.iter().map(|(term, zh, _)| (*term, *zh));
    for (term, zh) in terms.chain(MORE) {
        match rows.iter().find(|row| row[0] == term) {
            None => found.push(format!("no row for {term}")),
            Some(row) if row.get(1) != Some(&zh) => {
                found.push(format!("{term} is {zh} in zh-CN"));
            }
            Some(_) => {}
        }
    }
    none(found, "GLOSSARY.md has a row for every term of the house.");
}

#[test]
fn the_glossary_is_whole() {
    let glossary = read("GLOSSARY.md");
    let rows = rows(&glossary);
    let mut found = vec![];
    for (n, row) in rows.iter().enumerate() {
        if row.len() != 4 || row.iter().any(|cell| cell.is_empty()) {
            found.push(format!("{} has no four cells", row[0]));
        }
        if rows[..n].iter().any(|earlier| earlier[0] == row[0]) {
            found.push(format!("{} stands there twice", row[0]));
        }
    }
    none(
        found,
        "A row says the term, zh-CN, zh-TW and the meaning, once.",
    );
}
