//! References and places inside definitions.

use super::Checker;
use crate::{
    Field, Form, FormKind, Kind, Look, Name, Path, Ref,
    access::Rows,
    form::Checks,
    menu::{Entry, Menu},
    roles::{Grant, Grantee},
    story::{Held, Step},
    workflow::NodeKind,
};
use indexmap::IndexMap;

impl Checker<'_> {
    pub(super) fn forms(&mut self) {
        for form in self.package.forms.values() {
            let file = format!("forms/{}", form.name.name);
            if let Some(workflow) = &form.workflow {
                let found = self.site.workflow(workflow).is_some();
                self.refer("workflow", workflow, found, &file, "/workflow".into());
                if form.kind == FormKind::Settings {
                    let say = "settings are changed in place and run through no workflow".into();
                    self.bad(&file, "/workflow".into(), "no_workflow_here", &[], say);
                }
            }
            self.fields(&form.fields, &file, "/fields");
            self.form_places(form, &file);
        }
    }

    /// A grant that hides what stands in the title of another package's form.
    fn hides_a_title(&mut self, form: &Form, grant: &Grant, at: &str) {
        for name in title_fields(form.title.as_deref().unwrap_or_default()) {
            let known = form.fields.get_key_value(name);
            let look = known.and_then(|(name, _)| grant.fields.get(&Path::one(name)));
            if look.is_some_and(|look| *look < Look::Read) {
                let say = format!("{name} stands in the title of {}", form.name);
                let at = format!("{at}/fields/{name}");
                self.bad("roles", at, "hidden_in_title", &[name], say);
            }
        }
    }

    fn form_places(&mut self, form: &Form, file: &str) {
        let unknown = |c: &mut Self, at: String, name: &str| {
            c.bad(
                file,
                at,
                "unknown_field",
                &[name],
                format!("there is no field {name}"),
            );
        };
        // A tree's link to the record above is built in and stands in layouts and lists.
        let above = |name: &Name| form.kind == FormKind::Tree && name.as_str() == "parent";
        if let Some(key) = &form.key {
            match form.fields.get(key).map(|f| &f.kind) {
                None => unknown(self, "/key".into(), key),
                Some(Kind::Text(_) | Kind::Sequence(_)) => {}
                Some(_) => {
                    let say =
                        format!("{key} cannot be a key: only text and sequences name records");
                    self.bad(file, "/key".into(), "not_a_key", &[key], say);
                }
            }
        }
        for name in title_fields(form.title.as_deref().unwrap_or_default()) {
            match form.fields.get_key_value(name) {
                None => unknown(self, "/title".into(), name),
                Some((_, f)) if f.sealed.is_some() => {
                    let say = format!(
                        "{name} is sealed; a title is read by everybody who sees the record"
                    );
                    self.bad(file, "/title".into(), "sealed_in_title", &[name], say);
                }
                Some((field, _)) => {
                    let grant = self.site.hiding_grant(&form.name, &Path::one(field));
                    if let Some(grant) = grant {
                        let say = format!(
                            "the grant {grant} hides {name}; a title is read by everybody who \
                             sees the record"
                        );
                        let with = [name, grant.as_str()];
                        self.bad(file, "/title".into(), "hidden_in_title", &with, say);
                    }
                }
            }
        }
        for (n, name) in form.list.iter().enumerate() {
            if !form.fields.contains_key(name) && !above(name) {
                unknown(self, format!("/list/{n}"), name);
            }
        }
        for (section, s) in &form.layout {
            for (r, row) in s.rows.iter().enumerate() {
                for (c, name) in row.iter().enumerate() {
                    if !form.fields.contains_key(name) && !above(name) {
                        unknown(self, format!("/layout/{section}/rows/{r}/{c}"), name);
                    }
                }
            }
        }
        if form
            .fields
            .values()
            .filter(|f| matches!(f.kind, Kind::Sequence(_)))
            .count()
            > 1
        {
            let say = "a form has at most one sequence".into();
            self.bad(file, "/fields".into(), "two_sequences", &[], say);
        }
        if let Some((name, sequence)) = form.sequence()
            && let Some(per) = &sequence.per
            && form.fields.get(per).is_none_or(|f| f.as_link().is_none())
        {
            let say = format!("a series is kept per link of the form; {per} is none");
            self.bad(
                file,
                format!("/fields/{name}/per"),
                "not_a_link",
                &[per],
                say,
            );
        }
        self.checks(&form.checks, &form.fields, file, "/checks");
        for (table, lines) in form.tables() {
            self.checks(
                &lines.checks,
                &lines.fields,
                file,
                &format!("/fields/{table}/checks"),
            );
        }
    }

    fn checks(&mut self, checks: &Checks, fields: &IndexMap<Name, Field>, file: &str, at: &str) {
        for (name, check) in checks {
            let found = match fields.get(check.at.head()) {
                Some(field) => match check.at.tail() {
                    [] => true,
                    [column] => field
                        .as_lines()
                        .is_some_and(|l| l.fields.contains_key(column)),
                    _ => false,
                },
                None => false,
            };
            if !found {
                let text = check.at.to_string();
                let say = format!("there is no field {text}");
                self.bad(
                    file,
                    format!("{at}/{name}/at"),
                    "unknown_field",
                    &[&text],
                    say,
                );
            }
        }
    }

    fn fields(&mut self, fields: &IndexMap<Name, Field>, file: &str, at: &str) {
        for (name, field) in fields {
            let here = format!("{at}/{name}");
            if let Some(seal) = &field.sealed
                && !self.package.roles.seals.contains_key(seal)
            {
                let say = format!("roles.json has no seal {seal}");
                self.bad(file, format!("{here}/sealed"), "unknown_seal", &[seal], say);
            }
            match &field.kind {
                Kind::Link(link) => {
                    let form = self.site.form(&link.to.form).cloned();
                    self.refer(
                        "form",
                        &link.to.form,
                        form.is_some(),
                        file,
                        format!("{here}/to"),
                    );
                    if let (Some(form), Some(table)) = (&form, &link.to.table)
                        && form
                            .fields
                            .get(table)
                            .is_none_or(|f| f.as_lines().is_none())
                    {
                        let say = format!("{} has no table {table}", form.name);
                        self.bad(file, format!("{here}/to"), "unknown_table", &[table], say);
                    }
                    if form.is_some() {
                        self.rows(&link.to.form, &link.rows, file, &format!("{here}/rows"));
                    }
                }
                Kind::Lines(lines) => self.fields(&lines.fields, file, &format!("{here}/fields")),
                Kind::Quantity(q) => {
                    if let Some(unit) = &q.unit
                        && !fields.contains_key(unit)
                    {
                        let say = format!("there is no field {unit} beside it");
                        self.bad(file, format!("{here}/unit"), "unknown_field", &[unit], say);
                    }
                }
                Kind::Number(n) if n.scale > crate::decimal::SCALE_MAX => {
                    let say = format!(
                        "at most {} digits after the point",
                        crate::decimal::SCALE_MAX
                    );
                    self.bad(file, format!("{here}/scale"), "too_many", &[], say);
                }
                _ => {}
            }
            let sources = [
                field.copy.is_some(),
                field.computed.is_some(),
                field.live.is_some(),
            ];
            if sources.iter().filter(|s| **s).count() > 1 {
                let say = "a value comes from one of copy, computed and live".into();
                self.bad(file, here.clone(), "two_sources", &[], say);
            }
        }
    }

    fn rows(&mut self, form: &Ref, rows: &Rows, file: &str, at: &str) {
        for path in rows.keys() {
            self.walk(form, path, file, format!("{at}/{path}"));
        }
    }

    pub(super) fn workflows(&mut self) {
        for workflow in self.package.workflows.values() {
            let file = format!("workflows/{}", workflow.name.name);
            let forms: Vec<Ref> = self
                .site
                .forms()
                .filter(|f| f.workflow.as_ref() == Some(&workflow.name))
                .map(|f| f.name.clone())
                .collect();
            if forms.is_empty() {
                self.bad(
                    &file,
                    String::new(),
                    "unused_workflow",
                    &[],
                    "no form runs through it".into(),
                );
            }
            for (name, node) in workflow.all_nodes() {
                let at = workflow.place(name);
                for way in node.kind.ways() {
                    if workflow.node(way).is_none() {
                        let say = format!("leads to `{way}`, which is no node");
                        self.bad(&file, at.clone(), "unknown_node", &[way], say);
                    }
                }
                if let Some(people) = node.kind.people() {
                    self.people(people, workflow, &file, &at);
                    for path in people.fields.keys() {
                        self.node_field(&forms, path, &file, &at);
                    }
                }
                self.node(&node.kind, &forms, &file, &at);
            }
        }
    }

    fn node_field(&mut self, forms: &[Ref], path: &Path, file: &str, at: &str) {
        for form in forms {
            if self.site.form(form).is_some_and(|f| f.at(path).is_none()) {
                let text = path.to_string();
                let say = format!("{form} has no field {text}");
                self.bad(
                    file,
                    format!("{at}/fields/{text}"),
                    "unknown_field",
                    &[&text],
                    say,
                );
            }
        }
    }

    fn node(&mut self, kind: &NodeKind, forms: &[Ref], file: &str, at: &str) {
        match kind {
            NodeKind::Notify(notify) => {
                let found = self.site.message(&notify.message).is_some();
                self.refer(
                    "message",
                    &notify.message,
                    found,
                    file,
                    format!("{at}/message"),
                );
                for seat in &notify.to {
                    self.seat(seat, None, file, format!("{at}/to"));
                }
            }
            NodeKind::Script { set, .. } => {
                for name in set.keys() {
                    self.node_field(forms, &Path::one(name), file, at);
                }
            }
            NodeKind::Post(_) => {
                for form in forms {
                    if self.site.posting(form).is_none() {
                        let text = form.to_string();
                        let say = format!("there is no posting for {text}");
                        self.bad(file, at.into(), "unknown_posting", &[&text], say);
                    }
                }
            }
            NodeKind::Timer(timer) => {
                if let Some(calendar) = &timer.calendar {
                    let found = self.site.calendar(calendar).is_some();
                    self.refer("calendar", calendar, found, file, format!("{at}/calendar"));
                }
                if timer.until.is_some() == timer.span.is_some() {
                    let say = "a timer waits either `until` a moment or `for` a while".into();
                    self.bad(file, at.into(), "one_of_two", &["until", "for"], say);
                }
            }
            _ => {}
        }
    }

    pub(super) fn ledgers(&mut self) {
        for ledger in self.package.ledgers.values() {
            let file = format!("ledgers/{}", ledger.name.name);
            self.fields(&ledger.dimensions, &file, "/dimensions");
            self.fields(&ledger.attributes, &file, "/attributes");
            for (group, fields) in [
                ("dimensions", &ledger.dimensions),
                ("attributes", &ledger.attributes),
            ] {
                for (name, field) in fields {
                    if matches!(
                        field.kind,
                        Kind::Lines(_)
                            | Kind::Attachment(_)
                            | Kind::Image(_)
                            | Kind::Sequence(_)
                            | Kind::Choices(_)
                    ) {
                        let say = format!("a {} cannot be kept on an entry", field.kind.name());
                        self.bad(
                            &file,
                            format!("/{group}/{name}"),
                            "wrong_kind",
                            &[field.kind.name()],
                            say,
                        );
                    }
                }
            }
            for name in ledger.constraints.keys() {
                if ledger.balance != crate::ledger::Balance::Current {
                    let say = "only a balance that is kept can be held to a constraint".into();
                    let at = format!("/constraints/{name}");
                    self.bad(&file, at, "constraint_needs_current", &[name], say);
                }
            }
            for (name, measure) in &ledger.measures {
                if let Some(seal) = &measure.sealed
                    && !self.package.roles.seals.contains_key(seal)
                {
                    let say = format!("roles.json has no seal {seal}");
                    self.bad(
                        &file,
                        format!("/measures/{name}/sealed"),
                        "unknown_seal",
                        &[seal],
                        say,
                    );
                }
            }
        }
    }

    pub(super) fn registers(&mut self) {
        for register in self.package.registers.values() {
            let file = format!("registers/{}", register.name.name);
            self.fields(&register.dimensions, &file, "/dimensions");
            self.fields(&register.values, &file, "/values");
            if self.package.forms.contains_key(&register.name) {
                let say = "a form and a register cannot have one name".into();
                self.bad(&file, String::new(), "name_twice", &[], say);
            }
            for (name, link) in &register.chain {
                for by in &link.by {
                    if !register.dimensions.contains_key(by) {
                        let say = format!("there is no dimension {by}");
                        self.bad(
                            &file,
                            format!("/chain/{name}/by"),
                            "unknown_field",
                            &[by],
                            say,
                        );
                    }
                }
            }
        }
    }

    pub(super) fn postings(&mut self) {
        for (r, posting) in &self.package.postings {
            let file = format!("postings/{}", r.name);
            let form = self.site.form(&posting.form).cloned();
            self.refer("form", &posting.form, form.is_some(), &file, "/form".into());
            for (name, rule) in &posting.entries {
                let at = format!("/entries/{name}");
                let ledger = self.site.ledger(&rule.ledger).cloned();
                self.refer(
                    "ledger",
                    &rule.ledger,
                    ledger.is_some(),
                    &file,
                    format!("{at}/ledger"),
                );
                if let (Some(form), Some(each)) = (&form, &rule.each)
                    && form.fields.get(each).is_none_or(|f| f.as_lines().is_none())
                {
                    let say = format!("{} has no table {each}", form.name);
                    self.bad(&file, format!("{at}/each"), "unknown_table", &[each], say);
                }
                let Some(ledger) = ledger else { continue };
                for key in rule.set.keys() {
                    let stored = ledger.measures.get(key).is_some_and(|m| m.stored());
                    if !stored
                        && !ledger.dimensions.contains_key(key)
                        && !ledger.attributes.contains_key(key)
                    {
                        let say = format!("{} keeps no {key}", ledger.name);
                        self.bad(
                            &file,
                            format!("{at}/set/{key}"),
                            "unknown_field",
                            &[key],
                            say,
                        );
                    }
                }
                for (dimension, field) in &ledger.dimensions {
                    if !field.optional && !rule.set.contains_key(dimension) {
                        let say = format!("{dimension} of {} is not set", ledger.name);
                        self.bad(&file, format!("{at}/set"), "missing_key", &[dimension], say);
                    }
                }
            }
        }
    }

    pub(super) fn makes(&mut self) {
        for make in self.package.makes.values() {
            let file = format!("makes/{}", make.name.name);
            let from = self.site.form(&make.from).cloned();
            let to = self.site.form(&make.to).cloned();
            self.refer("form", &make.from, from.is_some(), &file, "/from".into());
            self.refer("form", &make.to, to.is_some(), &file, "/to".into());
            self.rows(&make.from, &make.rows, &file, "/rows");
            for path in &make.group_by {
                self.walk(&make.from, path, &file, "/group_by".into());
            }
            let Some(to) = to else { continue };
            for key in make.set.keys() {
                if !to.fields.contains_key(key) {
                    let say = format!("{} has no field {key}", to.name);
                    self.bad(&file, format!("/set/{key}"), "unknown_field", &[key], say);
                }
            }
            let Some(lines) = &make.lines else { continue };
            match to.fields.get(&lines.to).and_then(Field::as_lines) {
                None => {
                    let say = format!("{} has no table {}", to.name, lines.to);
                    self.bad(
                        &file,
                        "/lines/to".into(),
                        "unknown_table",
                        &[&lines.to],
                        say,
                    );
                }
                Some(table) => {
                    for key in lines.set.keys() {
                        if !table.fields.contains_key(key) {
                            let say = format!("{} has no column {key}", lines.to);
                            self.bad(
                                &file,
                                format!("/lines/set/{key}"),
                                "unknown_field",
                                &[key],
                                say,
                            );
                        }
                    }
                }
            }
            if let (Some(from), Some(table)) = (from, &lines.from)
                && from
                    .fields
                    .get(table)
                    .is_none_or(|f| f.as_lines().is_none())
            {
                let say = format!("{} has no table {table}", from.name);
                self.bad(&file, "/lines/from".into(), "unknown_table", &[table], say);
            }
        }
    }

    pub(super) fn roles(&mut self) {
        let roles = &self.package.roles;
        for (name, role) in &roles.roles {
            if let Some(within) = &role.within {
                let found = self.site.form(within).is_some();
                self.refer(
                    "form",
                    within,
                    found,
                    "roles",
                    format!("/roles/{name}/within"),
                );
            }
        }
        for (name, grant) in &roles.grants {
            let at = format!("/grants/{name}");
            if let Grantee::Role(role) = &grant.to {
                let found = self.site.role(role).is_some();
                self.refer("role", role, found, "roles", format!("{at}/to"));
            }
            for seal in &grant.opens {
                if !roles.seals.contains_key(seal) {
                    let say = format!("there is no seal {seal}");
                    self.bad("roles", format!("{at}/opens"), "unknown_seal", &[seal], say);
                }
            }
            let named = [&grant.form, &grant.register, &grant.ledger];
            if named.iter().filter(|r| r.is_some()).count() != 1 {
                let say = "a grant is for one form, one register or one ledger".into();
                self.bad(
                    "roles",
                    at.clone(),
                    "one_of_three",
                    &["form", "register", "ledger"],
                    say,
                );
            }
            if let Some(r) = grant.form.as_ref().or(grant.register.as_ref()) {
                let form = self.site.form(r).cloned();
                self.refer("form", r, form.is_some(), "roles", at.clone());
                if let Some(form) = form {
                    self.rows(r, &grant.rows, "roles", &format!("{at}/rows"));
                    if r.package != self.package.name {
                        self.hides_a_title(&form, grant, &at);
                    }
                    for path in grant.fields.keys().filter(|p| form.at(p).is_none()) {
                        let text = path.to_string();
                        let say = format!("{r} has no field {text}");
                        self.bad(
                            "roles",
                            format!("{at}/fields/{text}"),
                            "unknown_field",
                            &[&text],
                            say,
                        );
                    }
                }
            }
            if let Some(r) = &grant.ledger {
                let ledger = self.site.ledger(r).cloned();
                self.refer("ledger", r, ledger.is_some(), "roles", at.clone());
                let unknown: Vec<_> = grant
                    .rows
                    .keys()
                    .filter(|p| {
                        ledger
                            .as_ref()
                            .is_some_and(|l| !l.dimensions.contains_key(p.head()))
                    })
                    .map(ToString::to_string)
                    .collect();
                for text in unknown {
                    let say = format!("{r} has no dimension {text}");
                    self.bad(
                        "roles",
                        format!("{at}/rows/{text}"),
                        "unknown_field",
                        &[&text],
                        say,
                    );
                }
            }
        }
    }

    pub(super) fn menu(&mut self) {
        let menu = self.package.menu.clone();
        self.entries(&menu, "");
    }

    fn entries(&mut self, menu: &Menu, at: &str) {
        for (name, entry) in menu {
            let here = format!("{at}/{name}");
            let Entry {
                form,
                ledger,
                register,
                items,
                ..
            } = entry;
            for r in form.iter().chain(register) {
                let found = self.site.form(r).is_some();
                self.refer("form", r, found, "menu", here.clone());
            }
            if let Some(r) = ledger {
                let found = self.site.ledger(r).is_some();
                self.refer("ledger", r, found, "menu", here.clone());
            }
            self.entries(items, &format!("{here}/items"));
        }
    }

    pub(super) fn stories(&mut self) {
        for (name, story) in &self.package.stories {
            let file = format!("stories/{name}");
            for (user, held) in &story.given.roles {
                if !story.given.users.contains_key(user) {
                    let say = format!("there is no user {user}");
                    self.bad(
                        &file,
                        format!("/given/roles/{user}"),
                        "unknown_user",
                        &[user],
                        say,
                    );
                }
                for held in held {
                    let (Held::Role(role) | Held::Within { role, .. }) = held;
                    let found = self.site.role(role).is_some();
                    self.refer("role", role, found, &file, format!("/given/roles/{user}"));
                }
            }
            let finally = story.finally.iter().flat_map(|f| &f.balances);
            for balance in story.given.balances.iter().chain(finally) {
                let found = self.site.ledger(&balance.ledger).is_some();
                self.refer("ledger", &balance.ledger, found, &file, "/balances".into());
            }
            for (n, step) in story.steps.iter().enumerate() {
                let at = format!("/steps/{n}");
                for step in std::iter::once(step).chain(step.together.iter().flatten()) {
                    if let Some(user) = step
                        .user
                        .as_ref()
                        .filter(|u| !story.given.users.contains_key(*u))
                    {
                        let say = format!("there is no user {user}");
                        self.bad(&file, format!("{at}/as"), "unknown_user", &[user], say);
                    }
                    let Step {
                        create,
                        edit,
                        submit,
                        withdraw,
                        reverse,
                        delete,
                        jump,
                        suspend,
                        resume,
                        terminate,
                        of,
                        make,
                        ..
                    } = step;
                    let forms = [create, edit, submit, withdraw, reverse, delete, of];
                    let steered = [jump, suspend, resume, terminate];
                    for form in forms.into_iter().chain(steered).flatten() {
                        let found = self.site.form(form).is_some();
                        self.refer("form", form, found, &file, at.clone());
                    }
                    if let Some(make) = make {
                        let found = self.site.make(make).is_some();
                        self.refer("make", make, found, &file, at.clone());
                    }
                }
            }
        }
    }
}

/// The field names in the braces of a title.
pub fn title_fields(title: &str) -> impl Iterator<Item = &str> {
    title
        .split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}').map(|(name, _)| name))
}
