//! The package that the matrix is about: a paper with a secret of every kind, what links to it,
//! what is made from it, and the ledger it posts to.

use super::who::{ACCESSES, Access, GUARDED_HEADER, SCOPES, Scope};
use model::{canonical, read::Files};
use serde_json::{Map, Value, json};

/// What a grant hides or masks beside the guarded fields of the header.
const GUARDED_MORE: &[&str] = &["x_lines", "lines.x_text", "lines.x_money"];
/// What it hides or masks of the ledger.
const GUARDED_BOOK: &[&str] = &["x_choice", "x_dim", "x_attr", "x_amount", "x_twice"];

/// The files of the package. `label` gives each label that only some may read.
pub fn files(label: &mut dyn FnMut(&str) -> String) -> Files {
    let mut out = Files::new();
    let mut put = |path: &str, value: Value| {
        let text = canonical::format(&value.to_string()).unwrap();
        out.insert(format!("{path}.json"), text.into_bytes());
    };
    put(
        "manifest",
        json!({ "label": "Matrix", "version": "1.0.0", "language": "en",
            "people": { "form": "person", "department": "department", "branch": "branch" } }),
    );
    for name in ["branch", "department", "box", "thing"] {
        let kind = match name {
            "department" | "box" => "tree",
            _ => "catalog",
        };
        put(
            &format!("forms/{name}"),
            json!({ "label": name, "kind": kind, "key": "code", "title": "{name}", "fields": {
                "code": { "label": "Code", "kind": "text", "unique": true },
                "name": { "label": "Name", "kind": "text" },
                "open": { "label": "Open", "kind": "switch" },
            } }),
        );
    }
    put("forms/person", person());
    put("forms/paper", paper(label));
    put("forms/note", note());
    let memo = json!({ "label": "Memo", "kind": "document", "title": "{text}", "fields": {
        "text": { "label": "Text", "kind": "text" },
    } });
    put("forms/memo", memo);
    put("makes/memo", make(label));
    let vault = json!({ "label": label("vault"), "kind": "catalog", "key": "inside", "title": "{inside}", "fields": {
        "inside": { "label": label("vault.inside"), "kind": "text" },
    } });
    put("forms/vault", vault);
    put("workflows/paper", workflow());
    put("postings/paper", posting());
    put("ledgers/book", ledger(label));
    let told = json!({ "label": "Told", "form": "paper",
        "subject": "{{ record.plain }} {{ record.x_text }} {{ record.s_text }}" });
    put("messages/told", told);
    put("roles", roles());
    let body = "{{ record.x_money }} {{ record.s_money }} {{ record.x_link.name }} \
        {{ record.s_link.title }}{% for line in record.lines %} {{ line.plain }} \
        {{ line.x_text }} {{ line.s_text }}{% endfor %}{% for line in record.x_lines %} \
        {{ line.text }}{% endfor %}";
    out.insert("messages/told.txt".into(), body.as_bytes().to_vec());
    out
}

fn person() -> Value {
    json!({ "label": "Person", "kind": "catalog", "key": "code", "title": "{name}", "fields": {
        "code": { "label": "Code", "kind": "text", "unique": true },
        "name": { "label": "Name", "kind": "text" },
        "department": { "label": "Department", "kind": "link", "to": "department" },
        "branch": { "label": "Branch", "kind": "link", "to": "branch" },
    } })
}

fn paper(label: &mut dyn FnMut(&str) -> String) -> Value {
    let mut fields = Map::new();
    let mut field = |name: &str, mut shape: Value| {
        shape["label"] = match name.starts_with("x_") || name.starts_with("s_") {
            true => label(name).into(),
            false => name.into(),
        };
        fields.insert(name.into(), shape);
    };
    field(
        "number",
        json!({ "kind": "sequence", "pattern": "P-{0000}" }),
    );
    field("plain", json!({ "kind": "text" }));
    field("amount", json!({ "kind": "money" }));
    field("owner", json!({ "kind": "link", "to": "person" }));
    field("department", json!({ "kind": "link", "to": "department" }));
    field("branch", json!({ "kind": "link", "to": "branch" }));
    field("tier", json!({ "kind": "number" }));
    field("date", json!({ "kind": "date" }));
    field("x_text", json!({ "kind": "text" }));
    field("x_number", json!({ "kind": "number", "scale": 2 }));
    field("x_money", json!({ "kind": "money" }));
    field("x_quantity", json!({ "kind": "quantity" }));
    field("x_date", json!({ "kind": "date" }));
    field("x_month", json!({ "kind": "month" }));
    field("x_moment", json!({ "kind": "moment" }));
    let options = json!({ "red": { "label": "Red" }, "blue": { "label": "Blue" } });
    field("x_choice", json!({ "kind": "choice", "options": options }));
    field("x_link", json!({ "kind": "link", "to": "thing" }));
    field("x_file", json!({ "kind": "attachment" }));
    field(
        "x_calc",
        json!({ "kind": "money", "computed": "= record.x_money * 2" }),
    );
    field(
        "x_live",
        json!({ "kind": "money", "live": "= record.x_money * 3" }),
    );
    field(
        "x_lines",
        json!({ "kind": "lines", "fields": {
            "text": { "label": "Text", "kind": "text" },
            "money": { "label": "Money", "kind": "money" },
        } }),
    );
    field("s_text", json!({ "kind": "text", "sealed": "closed" }));
    field("s_money", json!({ "kind": "money", "sealed": "dots" }));
    field(
        "s_link",
        json!({ "kind": "link", "to": "thing", "sealed": "closed" }),
    );
    let columns = json!({
        "plain": { "label": "Plain", "kind": "text" },
        "x_text": { "label": label("lines.x_text"), "kind": "text" },
        "x_money": { "label": label("lines.x_money"), "kind": "money" },
        "s_text": { "label": label("lines.s_text"), "kind": "text", "sealed": "closed" },
    });
    fields.insert(
        "lines".into(),
        json!({ "label": "Lines", "kind": "lines", "fields": columns }),
    );
    json!({ "label": "Paper", "kind": "document", "key": "number", "title": "{number} {plain}",
        "workflow": "paper", "fields": fields,
        "list": ["number", "plain", "amount", "x_text", "x_money", "s_text", "s_money", "x_link"] })
}

/// Anybody writes notes, and a note points to a paper and to a line of one.
fn note() -> Value {
    json!({ "label": "Note", "kind": "catalog", "key": "code", "title": "{code}", "fields": {
        "code": { "label": "Code", "kind": "text" },
        "paper": { "label": "About", "kind": "link", "to": "paper" },
        "line": { "label": "Line", "kind": "link", "to": "paper.lines" },
        "hidden_line": { "label": "Line", "kind": "link", "to": "paper.x_lines" },
        "box": { "label": "Box", "kind": "link", "to": "box" },
        "copied": { "label": "Copied", "kind": "text", "copy": "= record.paper.plain" },
    } })
}

fn make(label: &mut dyn FnMut(&str) -> String) -> Value {
    json!({ "label": label("make"), "from": "paper", "to": "memo",
        "rows": { "status": "posted" }, "set": { "text": "= source.plain" } })
}

fn workflow() -> Value {
    json!({ "label": "Paper", "nodes": {
        "sent": { "kind": "start", "next": "approval" },
        "approval": { "kind": "approval", "label": "Approval", "seats": ["role:approver"],
            "outcomes": { "approve": "book", "reject": "refused" } },
        "book": { "kind": "post", "next": "tell" },
        "tell": { "kind": "notify", "to": ["= record.owner"], "message": "told", "next": "done" },
        "done": { "kind": "end", "status": "posted" },
        "refused": { "kind": "end", "status": "rejected" },
    } })
}

fn posting() -> Value {
    json!({ "form": "paper", "date": "= record.date", "entries": { "one": { "ledger": "book",
        "set": {
            "owner": "= record.owner", "department": "= record.department",
            "branch": "= record.branch", "tier": "= record.tier",
            "x_choice": "= record.x_choice", "x_dim": "= record.x_text",
            "plain": "= record.plain", "x_attr": "= record.x_text", "s_attr": "= record.s_text",
            "amount": "= record.amount", "x_amount": "= record.x_money",
            "s_amount": "= record.s_money",
        } } } })
}

fn ledger(label: &mut dyn FnMut(&str) -> String) -> Value {
    let options = json!({ "red": { "label": "Red" }, "blue": { "label": "Blue" } });
    json!({ "label": label("book"), "balance": "current",
        "dimensions": {
            "owner": { "label": "Owner", "kind": "link", "to": "person" },
            "department": { "label": "Department", "kind": "link", "to": "department" },
            "branch": { "label": "Branch", "kind": "link", "to": "branch" },
            "tier": { "label": "Tier", "kind": "number" },
            "x_choice": { "label": "Choice", "kind": "choice", "options": options },
            "x_dim": { "label": label("x_dim"), "kind": "text" },
        },
        "attributes": {
            "plain": { "label": "Plain", "kind": "text" },
            "x_attr": { "label": label("x_attr"), "kind": "text" },
            "s_attr": { "label": label("s_attr"), "kind": "text", "sealed": "closed" },
        },
        "measures": {
            "amount": { "label": "Amount", "kind": "money" },
            "x_amount": { "label": label("x_amount"), "kind": "money" },
            "x_twice": { "label": label("x_twice"), "kind": "money", "computed": "= x_amount * 2" },
            "s_amount": { "label": label("s_amount"), "kind": "money", "sealed": "dots" },
        } })
}

/// A role for every scope and access, with one grant on the paper and one on the ledger; and the
/// roles with two grants that do not agree.
fn roles() -> Value {
    let mut roles = Map::new();
    let mut grants = Map::new();
    let mut role = |name: &str| roles.insert(name.into(), json!({ "label": name }));
    for name in ["clerk", "approver"] {
        role(name);
    }
    for (scope, access) in SCOPES.iter().flat_map(|s| ACCESSES.map(|a| (*s, a))) {
        let name = format!("{}_{}", scope.word(), access.word());
        role(&name);
        if scope != Scope::None {
            for (of, verbs) in [("form", access.verbs()), ("ledger", &["read"][..])] {
                let grant = grant(&name, of, scope.rows(), access, verbs);
                grants.insert(format!("{name}_{of}"), grant);
            }
        }
    }
    for access in [Access::Hidden, Access::Masked] {
        let name = format!("mixed_{}", access.word());
        role(&name);
        for of in ["form", "ledger"] {
            let own = Scope::Own.rows();
            grants.insert(
                format!("{name}_own_{of}"),
                grant(&name, of, own, Access::Read, &["read"]),
            );
            let all = Scope::All.rows();
            grants.insert(
                format!("{name}_all_{of}"),
                grant(&name, of, all, access, &["read"]),
            );
        }
    }
    let all = ["create", "read", "edit", "delete", "submit", "withdraw"];
    for form in ["paper", "thing", "box", "vault", "memo"] {
        let mut grant = json!({ "to": "role:clerk", "form": form, "may": all });
        if form == "paper" {
            grant["opens"] = json!(["closed", "dots"]);
        }
        grants.insert(format!("clerk_{form}"), grant);
    }
    grants.insert(
        "clerk_book".into(),
        json!({ "to": "role:clerk", "ledger": "book", "may": ["read"], "opens": ["closed", "dots"] }),
    );
    for form in ["branch", "department", "person"] {
        let grant = json!({ "to": "everyone", "form": form, "may": ["read"] });
        grants.insert(format!("see_{form}"), grant);
    }
    grants.insert(
        "notes".into(),
        json!({ "to": "everyone", "form": "note", "may": ["create", "read"] }),
    );
    for form in ["thing", "box"] {
        let grant = json!({ "to": "everyone", "form": form, "rows": { "open": true },
            "may": ["create", "read"] });
        grants.insert(format!("open_{form}"), grant);
    }
    grants.insert(
        "own_memos".into(),
        json!({ "to": "everyone", "form": "memo", "rows": { "created_by": "= user.id" },
            "may": ["create", "read"] }),
    );
    json!({ "roles": roles, "grants": grants, "seals": {
        "closed": { "label": "Closed" },
        "dots": { "label": "Dots", "look": "masked" },
    } })
}

fn grant(role: &str, of: &str, rows: Value, access: Access, verbs: &[&str]) -> Value {
    let name = if of == "form" { "paper" } else { "book" };
    let mut grant = json!({ "to": format!("role:{role}"), of: name, "may": verbs });
    if rows != json!({}) {
        grant["rows"] = rows;
    }
    if let Some(look) = access.guarded() {
        let guarded = match of {
            "form" => [GUARDED_HEADER, GUARDED_MORE].concat(),
            _ => GUARDED_BOOK.to_vec(),
        };
        grant["fields"] = guarded
            .iter()
            .map(|f| (f.to_string(), json!(look)))
            .collect();
    }
    if access.opens() {
        grant["opens"] = json!(["closed", "dots"]);
    }
    grant
}
