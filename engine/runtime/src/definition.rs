//! Forms as a caller may see them: fields with looks and labels, layout, list, JSON Schema.

use crate::{Caller, Error, Site, site::Definitions, view};
use indexmap::IndexMap;
use kernel::access::FieldLooks;
use model::{Field, Flag, Form, FormKind, Kind, Look, Name, Path, Ref, Verb, field::ChoiceOption};
use serde_json::{Map, Value as Json, json};

/// Where the words of a form stand, and in which language they are wanted.
struct Words<'a> {
    definitions: &'a Definitions,
    caller: &'a Caller,
    form: &'a Ref,
    register: bool,
}

impl Words<'_> {
    fn say(&self, path: &str, label: &str) -> String {
        let folder = if self.register { "registers" } else { "forms" };
        let whole = match path {
            "" => format!("{folder}/{}", self.form.name),
            path => format!("{folder}/{}/{path}", self.form.name),
        };
        let language = self.caller.language.as_str();
        self.definitions
            .catalogue
            .word(&self.form.package, language, &whole, label)
    }
    /// The path of a field: a register keeps dimensions and values apart.
    fn field(&self, name: &Name) -> String {
        if !self.register {
            return format!("fields/{name}");
        }
        let register = self.definitions.catalogue.register(self.form);
        let group = match register.is_some_and(|r| r.dimensions.contains_key(name)) {
            true => "dimensions",
            false => "values",
        };
        format!("{group}/{name}")
    }
}

/// A form kind's word.
fn kind_word(kind: FormKind) -> &'static str {
    match kind {
        FormKind::Catalog => "catalog",
        FormKind::Tree => "tree",
        FormKind::Document => "document",
        FormKind::Settings => "settings",
    }
}

impl Site {
    /// The forms a caller may read or fill in.
    pub fn forms(&self, caller: &Caller) -> Vec<view::FormEntry> {
        let definitions = self.definitions();
        let mut forms: Vec<_> = definitions.catalogue.forms().collect();
        forms.sort_by(|a, b| a.name.cmp(&b.name));
        let mut out = vec![];
        for form in forms {
            let may = verbs(caller, &form.name);
            if !may.contains(&Verb::Read) && !may.contains(&Verb::Create) {
                continue;
            }
            let words = words(&definitions, caller, &form.name);
            let (module, module_label) = module(&definitions, caller, &form.name);
            out.push(view::FormEntry {
                form: form.name.to_string(),
                label: words.say("", &form.label),
                module,
                module_label,
                kind: kind_word(form.kind),
                may,
            });
        }
        out
    }

    /// A form as a caller may see it.
    pub async fn definition(&self, caller: &Caller, r: &Ref) -> Result<view::Definition, Error> {
        let asked = r.clone();
        self.desk(caller, move |desk| {
            let asked = asked.clone();
            Box::pin(async move { desk.known(&asked).await.map(|_| ()) })
        })
        .await?;
        self.described(caller, r)
    }

    fn described(&self, caller: &Caller, r: &Ref) -> Result<view::Definition, Error> {
        let definitions = self.definitions();
        let form = definitions.form(r)?;
        let words = words(&definitions, caller, r);
        let looks = caller.rights.wide_looks(&definitions.rules, r);
        let (module, module_label) = module(&definitions, caller, r);
        let mut fields = Map::new();
        for (name, field) in &form.fields {
            let path = Path::one(name);
            if looks.at(&path) == Look::Hidden {
                continue;
            }
            let at = words.field(name);
            fields.insert(
                name.to_string(),
                field_json(&words, &looks, &path, &at, field),
            );
        }
        if form.kind == FormKind::Tree {
            let label = caller.language.word("field/parent").unwrap_or("Parent");
            let may_edit = caller.may(r, Verb::Edit) || caller.may(r, Verb::Create);
            let look = if may_edit { Look::Edit } else { Look::Read };
            fields.insert(
                "parent".into(),
                json!({ "label": label, "kind": "link", "look": look, "typed": true, "from": null,
                    "required": false, "to": r.to_string(), "to_label": words.say("", &form.label) }),
            );
        }
        let shown = |name: &Name| fields.contains_key(name.as_str());
        let list: Vec<String> = match form.list.as_slice() {
            [] => {
                let plain = form
                    .fields
                    .iter()
                    .filter(|(n, f)| shown(n) && f.as_lines().is_none());
                plain.take(6).map(|(n, _)| n.to_string()).collect()
            }
            list => list
                .iter()
                .filter(|n| shown(n))
                .map(ToString::to_string)
                .collect(),
        };
        let makes = definitions
            .catalogue
            .makes_from(r)
            .filter(|m| caller.may(&m.to, Verb::Create))
            .map(|m| {
                let language = caller.language.as_str();
                let catalogue = &definitions.catalogue;
                let path = format!("makes/{}", m.name.name);
                let to = catalogue
                    .form(&m.to)
                    .map(|f| f.label.clone())
                    .unwrap_or_default();
                let to_path = format!("forms/{}", m.to.name);
                view::MakeEntry {
                    make: m.name.to_string(),
                    label: catalogue.word(&m.name.package, language, &path, &m.label),
                    to: m.to.to_string(),
                    to_label: catalogue.word(&m.to.package, language, &to_path, &to),
                }
            })
            .collect();
        Ok(view::Definition {
            form: r.to_string(),
            label: words.say("", &form.label),
            module,
            module_label,
            kind: kind_word(form.kind),
            key: form.key.as_ref().map(ToString::to_string),
            workflow: form.workflow.is_some(),
            revision: definitions.revision(r),
            may: verbs(caller, r),
            layout: layout(form, &words, caller, &shown),
            list,
            makes,
            schema: schema(&fields),
            fields,
        })
    }
}

fn words<'a>(definitions: &'a Definitions, caller: &'a Caller, form: &'a Ref) -> Words<'a> {
    let register = definitions.catalogue.register(form).is_some();
    Words {
        definitions,
        caller,
        form,
        register,
    }
}

fn module(definitions: &Definitions, caller: &Caller, form: &Ref) -> (String, String) {
    let package = &form.package;
    let label = definitions
        .catalogue
        .packages
        .get(package)
        .map(|p| p.manifest.label.clone());
    let label = label.unwrap_or_default();
    let language = caller.language.as_str();
    (
        package.to_string(),
        definitions
            .catalogue
            .word(package, language, "label", &label),
    )
}

fn verbs(caller: &Caller, form: &Ref) -> Vec<Verb> {
    let allowed = caller.rights.of(form);
    allowed.map_or(vec![], |a| a.verbs.keys().copied().collect())
}

fn field_json(words: &Words, looks: &FieldLooks, path: &Path, at: &str, field: &Field) -> Json {
    let own = match path.head().as_str() {
        name @ ("from" | "to") if words.register => words
            .caller
            .language
            .word(&format!("field/{name}"))
            .map(ToOwned::to_owned),
        _ => None,
    };
    let label = own.unwrap_or_else(|| words.say(at, &field.label));
    let source = match field {
        f if f.computed.is_some() => Some("computed"),
        f if f.live.is_some() => Some("live"),
        f if f.copy.is_some() => Some("copy"),
        f if f.default.is_some() => Some("default"),
        _ => None,
    };
    let required = match &field.required {
        Flag::Always(yes) => json!(yes),
        Flag::When(_) => json!("depends"),
    };
    // What nobody ever types is never edited, whatever a grant says.
    let open = field.typed() && !field.readonly.always();
    let look = looks
        .at(path)
        .min(if open { Look::Edit } else { Look::Read });
    let mut out = json!({ "label": label, "kind": field.kind.name(), "look": look,
        "typed": field.typed(), "from": source, "required": required });
    if let Some(help) = &field.help {
        out["help"] = json!(words.say(&format!("{at}/help"), help));
    }
    if field.after_post {
        out["after_post"] = json!(true);
    }
    if let Some(scale) = field.scale() {
        out["scale"] = json!(scale);
    }
    let options = |list: &IndexMap<Name, ChoiceOption>| -> Json {
        list.iter()
            .map(|(name, o)| {
                let label = words.say(&format!("{at}/options/{name}"), &o.label);
                let mut out = json!({ "name": name, "label": label });
                if let Some(colour) = &o.colour {
                    out["colour"] = json!(colour);
                }
                out
            })
            .collect()
    };
    match &field.kind {
        Kind::Text(k) => {
            out["lines"] = json!(k.lines);
            out["max"] = json!(k.max);
            out["format"] = json!(k.format);
        }
        Kind::Number(k) => {
            out["min"] = json!(k.min);
            out["max"] = json!(k.max);
            out["format"] = json!(k.format);
        }
        Kind::Quantity(k) => out["unit"] = json!(k.unit),
        Kind::Choice(k) => out["options"] = options(&k.options),
        Kind::Choices(k) => out["options"] = options(&k.options),
        Kind::Link(link) => {
            let target = &link.to.form;
            let label = words
                .definitions
                .catalogue
                .form(target)
                .map(|f| f.label.clone());
            let path = format!("forms/{}", target.name);
            let language = words.caller.language.as_str();
            let label = label.unwrap_or_default();
            out["to"] = json!(link.to.to_string());
            out["to_label"] = json!(words.definitions.catalogue.word(
                &target.package,
                language,
                &path,
                &label
            ));
        }
        Kind::Lines(lines) => {
            let mut columns = Map::new();
            for (name, column) in &lines.fields {
                let inner = Path(vec![path.head().clone(), name.clone()]);
                if looks.at(&inner) != Look::Hidden {
                    let at = format!("{at}/fields/{name}");
                    columns.insert(
                        name.to_string(),
                        field_json(words, looks, &inner, &at, column),
                    );
                }
            }
            out["fields"] = Json::Object(columns);
            out["min"] = json!(lines.min);
            out["max"] = json!(lines.max);
        }
        Kind::Attachment(k) => out["max"] = json!(k.max),
        Kind::Image(k) => out["max"] = json!(k.max),
        _ => {}
    }
    if let Json::Object(map) = &mut out {
        map.retain(|key, value| !value.is_null() || key == "from");
    }
    out
}

fn layout(
    form: &Form,
    words: &Words,
    caller: &Caller,
    shown: &dyn Fn(&Name) -> bool,
) -> Vec<view::LayoutSection> {
    let mut out = vec![];
    if form.layout.is_empty() {
        let mut rows: Vec<Vec<String>> = vec![];
        let mut row: Vec<String> = vec![];
        if form.kind == FormKind::Tree {
            row.push("parent".into());
        }
        for (name, field) in form.fields.iter().filter(|(n, _)| shown(n)) {
            let wide = field.as_lines().is_some()
                || matches!(&field.kind, Kind::Text(t) if t.lines.is_some_and(|l| l > 1));
            if wide || row.len() == 3 {
                rows.extend(Some(std::mem::take(&mut row)).filter(|r| !r.is_empty()));
            }
            if wide {
                rows.push(vec![name.to_string()]);
            } else {
                row.push(name.to_string());
            }
        }
        rows.extend(Some(row).filter(|r| !r.is_empty()));
        let label = caller
            .language
            .word("layout/main")
            .unwrap_or("Basics")
            .to_string();
        return vec![view::LayoutSection {
            name: "main".into(),
            label,
            rows,
        }];
    }
    for (name, section) in &form.layout {
        let mut rows = vec![];
        for row in &section.rows {
            let row: Vec<String> = row
                .iter()
                .filter(|n| shown(n))
                .map(ToString::to_string)
                .collect();
            rows.extend(Some(row).filter(|r| !r.is_empty()));
        }
        if !rows.is_empty() {
            let label = words.say(&format!("layout/{name}"), &section.label);
            out.push(view::LayoutSection {
                name: name.to_string(),
                label,
                rows,
            });
        }
    }
    out
}

/// The JSON Schema of a record's values, from its fields as they are shown.
fn schema(fields: &Map<String, Json>) -> Json {
    let mut properties = Map::new();
    for (name, field) in fields {
        properties.insert(name.clone(), value_schema(field));
    }
    json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
        "properties": properties, "additionalProperties": false })
}

fn value_schema(field: &Json) -> Json {
    let mut out = match field["kind"].as_str().unwrap_or_default() {
        "number" | "money" | "quantity" => json!({ "type": "string", "format": "decimal" }),
        "date" => json!({ "type": "string", "format": "date" }),
        "month" => json!({ "type": "string", "pattern": "^\\d{4}-\\d{2}$" }),
        "moment" => json!({ "type": "string", "format": "date-time" }),
        "switch" => json!({ "type": "boolean" }),
        "choice" => json!({ "enum": option_names(field) }),
        "choices" => json!({ "type": "array", "items": { "enum": option_names(field) } }),
        "link" => json!({ "type": ["string", "object"] }),
        "lines" => {
            let empty = Map::new();
            let columns = field["fields"].as_object().unwrap_or(&empty);
            let mut properties = Map::new();
            properties.insert("id".into(), json!({ "type": "string", "format": "uuid" }));
            for (name, column) in columns {
                properties.insert(name.clone(), value_schema(column));
            }
            json!({ "type": "array", "items": { "type": "object", "properties": properties,
                "additionalProperties": false } })
        }
        "attachment" | "image" => json!({ "type": "array", "items": { "type": "object" } }),
        _ => json!({ "type": "string" }),
    };
    out["title"] = field["label"].clone();
    if field["typed"] == json!(false) {
        out["readOnly"] = json!(true);
    }
    out
}

fn option_names(field: &Json) -> Vec<Json> {
    field["options"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|o| o["name"].clone())
        .collect()
}
