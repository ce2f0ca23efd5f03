//! Whether the caller may do something with a record; where he may not, which grant is missing.

use crate::{
    Error,
    command::refused,
    desk::{Desk, Halt},
    history::field_label,
};
use kernel::access::Why;
use model::{Filter, Form, Look, Path, Record, Verb};

impl Desk<'_> {
    /// Whether the caller may do something with a record, and why not.
    pub async fn verdict(
        &mut self,
        form: &Form,
        verb: Verb,
        record: Option<&Record>,
    ) -> Result<Result<(), Error>, Halt> {
        if self.is_engine() {
            return Ok(Ok(()));
        }
        if record.is_none() {
            self.known(&form.name).await?;
        }
        let rights = self.caller.rights.clone();
        let verdict = self
            .settle(|d, _, facts| {
                Ok(kernel::access::verb(
                    &d.rules, &rights, form, verb, record, facts,
                ))
            })
            .await?;
        if verdict.allowed {
            return Ok(Ok(()));
        }
        // Of a record that is there, its fields may be none of his business.
        let beyond = match (verdict.why, verb) {
            (Why::OtherRows, Verb::Create) => self.narrowing(form, verb),
            _ => vec![],
        };
        Ok(Err(match (verdict.why, record) {
            (Why::Status, Some(record)) => {
                let status = self
                    .caller
                    .language
                    .word(&format!("status/{}", record.status));
                let with = [status.unwrap_or(record.status.as_str()).to_string()];
                refused("not_in_this_status", &with)
            }
            _ if !beyond.is_empty() => Error::Forbidden {
                code: "not_among_yours",
                why: None,
                with: vec![beyond.join(" · ")],
            },
            (why, _) => Error::Forbidden {
                code: not_allowed(verb),
                why: Some(match why {
                    Why::OtherRows => "right/other_rows",
                    Why::NoGrant | Why::Granted | Why::Status => "right/none",
                }),
                with: vec![self.right_word(verb), self.form_label(form)],
            },
        }))
    }

    /// The fields by which the caller's grants choose the rows of a verb, as he reads them.
    fn narrowing(&self, form: &Form, verb: Verb) -> Vec<String> {
        let looks = self.rights(&form.name);
        let rights = self.caller.rights.of(&form.name);
        let mut paths = vec![];
        for right in rights.iter().flat_map(|allowed| &allowed.rights) {
            if right.may.contains(&verb) {
                tested(&right.rows, &mut paths);
            }
        }
        paths.retain(|path| looks.at(path) >= Look::Read);
        let label = |path: &Path| field_label(&self.definitions, self.caller.language, form, path);
        paths.iter().map(label).collect()
    }

    fn right_word(&self, verb: Verb) -> String {
        let word = self.caller.language.word(right_key(verb));
        word.unwrap_or_default().to_owned()
    }
}

/// The fields of the record that a filter tests, each once.
fn tested(filter: &Filter, out: &mut Vec<Path>) {
    match filter {
        Filter::All(list) | Filter::Any(list) => list.iter().for_each(|f| tested(f, out)),
        Filter::Not(one) => tested(one, out),
        Filter::Field(path, _) => {
            let head = Path::one(path.head());
            if !out.contains(&head) {
                out.push(head);
            }
        }
        Filter::Text(_) => {}
    }
}

/// The word of a right.
fn right_key(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "right/create",
        Verb::Read => "right/read",
        Verb::Edit => "right/edit",
        Verb::Delete => "right/delete",
        Verb::Submit => "right/submit",
        Verb::Withdraw => "right/withdraw",
        Verb::Reverse => "right/reverse",
        Verb::Steer => "right/steer",
        Verb::Export => "right/export",
        Verb::Print => "right/print",
        Verb::Share => "right/share",
    }
}

fn not_allowed(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "may_not_create",
        Verb::Edit => "may_not_edit",
        Verb::Delete => "may_not_delete",
        Verb::Submit => "may_not_submit",
        Verb::Withdraw => "may_not_withdraw",
        Verb::Reverse => "may_not_reverse",
        Verb::Steer => "may_not_steer",
        Verb::Read | Verb::Export | Verb::Print | Verb::Share => "may_not_read",
    }
}
