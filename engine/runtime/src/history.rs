//! The history of a record, field by field, as far as the caller sees the fields.

use crate::{
    Caller, Error, Site,
    desk::{Desk, Halt},
    show::{Titles, moment},
    site::Definitions,
    task::outcome_label,
    view,
    words::Language,
};
use model::{Field, Form, Id, Look, Name, Path, Record, Ref, Value};
use serde_json::{Value as Json, json};

/// Most changes shown.
const MOST: u32 = 500;

impl Site {
    /// Who changed what, newest first.
    pub async fn history(
        &self,
        caller: &Caller,
        form: &Ref,
        id: Id,
    ) -> Result<Vec<view::Change>, Error> {
        let form = form.clone();
        self.desk(caller, move |desk| {
            let form = form.clone();
            Box::pin(async move { desk.history(&form, id).await })
        })
        .await
    }
}

/// A field that differs, as a diff keeps it.
struct Kept<'a> {
    at: &'a str,
    path: Path,
    /// The number of the line, from 1, while the record has it.
    line: Option<String>,
    field: &'a Field,
    old: &'a Json,
    new: &'a Json,
}

impl Desk<'_> {
    async fn history(&mut self, form: &Ref, id: Id) -> Result<Vec<view::Change>, Halt> {
        let record = self.seen(form, id).await?;
        let definitions = self.definitions.clone();
        let form = definitions.form(form)?;
        let looks = self.rights_on(form, Some(&record)).await?;
        let changes = self.tx.changes(id, None, MOST).await?;
        let mut titles = Titles::default();
        let table_seen = |k: &Kept| looks.at(&Path::one(k.path.head())) > Look::Masked;
        let kept: Vec<Vec<Kept>> = changes
            .iter()
            .map(|c| {
                let fields = c.diff["fields"].as_array().map_or(&[][..], Vec::as_slice);
                fields
                    .iter()
                    .filter_map(|json| kept(form, &record, json))
                    .filter(|k| looks.at(&k.path) > Look::Hidden)
                    // The lines of a table that is only dots are not told apart.
                    .filter(|k| k.path.tail().is_empty() || table_seen(k))
                    .collect()
            })
            .collect();
        for kept in kept.iter().flatten() {
            if let Some(link) = kept.field.as_link() {
                for id in [kept.old, kept.new].into_iter().filter_map(id_of) {
                    titles.want_one(&link.to, id);
                }
            }
        }
        titles.fetch(self).await?;
        let users: Vec<Id> = changes.iter().map(|c| c.by).collect();
        titles.fetch_users(self, &users).await?;
        let language = self.caller.language;
        let difference = |kept: &Kept| {
            let masked = looks.at(&kept.path) == Look::Masked;
            let show = |json: &Json| match (masked, json) {
                (_, Json::Null) => Json::Null,
                (true, _) => json!({ "masked": true }),
                (false, json) => shown(kept.field, json, &titles),
            };
            view::Difference {
                at: kept.at.to_owned(),
                label: field_label(&definitions, language, form, &kept.path),
                line: kept.line.clone(),
                old: show(kept.old),
                new: show(kept.new),
            }
        };
        let rows = changes.iter().zip(&kept).map(|(change, kept)| {
            // A decision is told by its outcome: "approve" says more than "complete".
            let outcome = change.diff["outcome"].as_str();
            let outcome = outcome.filter(|_| change.act == "complete");
            let act = language.word(&format!("act/{}", change.act));
            let act = || act.unwrap_or(&change.act).to_owned();
            view::Change {
                version: change.version,
                at: moment(change.at),
                by: who(&titles, change.by, language),
                act: change.act.clone(),
                act_label: outcome.map_or_else(act, |o| outcome_label(o, language)),
                outcome: outcome.map(ToOwned::to_owned),
                opinion: change.diff["opinion"].as_str().map(ToOwned::to_owned),
                changes: kept.iter().map(difference).collect(),
            }
        });
        Ok(rows.collect())
    }
}

/// Reads one difference; nothing where the form has no such field any more, because then nobody
/// knows whether it was sealed.
fn kept<'a>(form: &'a Form, record: &Record, json: &'a Json) -> Option<Kept<'a>> {
    let at = json["at"].as_str()?;
    let parts: Vec<&str> = at.split('/').collect();
    let (path, line) = match parts[..] {
        [field] => (Path::one(&Name::new(field).ok()?), None),
        [table, line, field] => {
            let table = Name::new(table).ok()?;
            let lines = record.values.get(&table).map_or(&[][..], Value::lines);
            let id: Id = line.parse().ok()?;
            let number = lines.iter().position(|l| l.id == id);
            let number = number.map(|n| (n + 1).to_string());
            (Path(vec![table, Name::new(field).ok()?]), number)
        }
        _ => return None,
    };
    Some(Kept {
        at,
        field: form.at(&path)?,
        path,
        line,
        old: &json["old"],
        new: &json["new"],
    })
}

fn id_of(json: &Json) -> Option<Id> {
    json.as_str()?.parse().ok()
}

/// A kept value as it is shown; one that the field could not hold today is shown as it was.
fn shown(field: &Field, json: &Json, titles: &Titles) -> Json {
    match (field.as_link(), id_of(json)) {
        (Some(_), Some(id)) => titles.link(id),
        _ => match Value::of_json(field, json) {
            Ok(Some(value)) => titles.value(field, &value),
            _ => json.clone(),
        },
    }
}

/// Somebody by name; the engine by its own.
pub(crate) fn who(titles: &Titles, id: Id, language: Language) -> view::Who {
    if id == crate::caller::ENGINE {
        return view::Who {
            id: None,
            name: language.word("engine").unwrap_or("engine").to_owned(),
        };
    }
    titles.who(id)
}

/// The label of a field at `field` or `table.field`, in a language.
pub(crate) fn field_label(
    definitions: &Definitions,
    language: Language,
    form: &Form,
    path: &Path,
) -> String {
    let Some(field) = form.at(path) else {
        return path.to_string();
    };
    let head = path.head();
    let name = &form.name;
    let place = match definitions.catalogue.register(name) {
        Some(register) if register.dimensions.contains_key(head) => {
            format!("registers/{}/dimensions/{head}", name.name)
        }
        Some(register) if register.values.contains_key(head) => {
            format!("registers/{}/values/{head}", name.name)
        }
        Some(_) => {
            let word = language.word(&format!("field/{head}"));
            return word.unwrap_or(&field.label).to_owned();
        }
        None => format!("forms/{}/fields/{head}", name.name),
    };
    let place = match path.tail() {
        [column] => format!("{place}/fields/{column}"),
        _ => place,
    };
    definitions
        .catalogue
        .word(&name.package, language.as_str(), &place, &field.label)
}
