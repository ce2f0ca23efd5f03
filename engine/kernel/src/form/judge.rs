//! Judging a record whose values are worked out: how fields look, what is missing, which checks
//! fail.

use super::{FieldLook, Finding, Looks, Phase, Place, evaluate::Work};
use crate::{
    expr::{Val, tree::Compiled},
    rules::plan::{CheckPlan, Flags, Plan, Switch},
};
use indexmap::IndexMap;
use model::{Field, Fields, Id, Kind, Line, Look, Name, Path, Status, field::Lines};
use std::collections::HashSet;

/// Works out the looks and adds the findings.
pub(super) fn judge(work: &Work, plan: &Plan) -> Looks {
    let form = work.e.form;
    let hidden = hidden_sections(work, plan);
    let mut looks = Looks::default();
    for (name, field) in &form.fields {
        let Some(flags) = plan.header.get(name) else {
            continue;
        };
        let place = Place::header(name);
        let path = Path::one(name);
        let mut look = look(work, field, &path, flags, None, &place);
        if hidden.contains(name) {
            look = not_shown(look);
        }
        looks.header.insert(name.clone(), look);
        let empty = !work.record.values.contains_key(name);
        missing(work, field, look, empty, place);
    }
    for (table, lines) in form.tables() {
        if let (Some(columns), Some(outer)) =
            (plan.tables.get(table), looks.header.get(table).copied())
        {
            table_looks(work, table, lines, columns, outer, &mut looks);
            count(work, table, lines, outer);
        }
    }
    for check in &plan.checks {
        self::check(work, check);
    }
    looks
}

/// Fields that stand only in sections that are not shown.
fn hidden_sections(work: &Work, plan: &Plan) -> HashSet<Name> {
    let mut hidden = HashSet::new();
    for (shown, fields) in &plan.sections {
        let first = fields.first().map(Place::header);
        if let Some(place) = first
            && !switch(work, shown, None, &place)
        {
            hidden.extend(fields.iter().cloned());
        }
    }
    hidden
}

fn not_shown(look: FieldLook) -> FieldLook {
    FieldLook {
        look: look.look.min(Look::Read),
        shown: false,
        required: false,
        ..look
    }
}

fn table_looks(
    work: &Work,
    table: &Name,
    lines: &Lines,
    columns: &IndexMap<Name, Flags>,
    outer: FieldLook,
    looks: &mut Looks,
) {
    let blank = Line {
        id: Id(Default::default()),
        values: Fields::new(),
    };
    let mut plain = IndexMap::with_capacity(columns.len());
    for (column, field) in &lines.fields {
        let Some(flags) = columns.get(column) else {
            continue;
        };
        let path = Path(vec![table.clone(), column.clone()]);
        let place = Place::header(table);
        let look = look(work, field, &path, flags, Some((table, &blank)), &place);
        plain.insert(column.clone(), inside(work, outer, look));
        let varies = [&flags.required, &flags.readonly, &flags.shown]
            .iter()
            .any(|s| matches!(s, Switch::When(_)));
        for line in work.lines(table) {
            let place = Place::line(table, line.id, column);
            let look = if varies {
                let look = self::look(work, field, &path, flags, Some((table, line)), &place);
                inside(work, outer, look)
            } else {
                plain[column]
            };
            if look != plain[column] {
                let own = looks.lines.entry(line.id).or_default();
                own.insert(column.clone(), look);
            }
            let empty = !line.values.contains_key(column);
            missing(work, field, look, empty, place);
        }
    }
    looks.columns.insert(table.clone(), plain);
}

/// What the table leaves of a column's look. At a node the node names each column itself.
fn inside(work: &Work, outer: FieldLook, column: FieldLook) -> FieldLook {
    let mut look = column;
    if outer.look < Look::Read || work.e.node_fields.is_none() {
        look.look = look.look.min(outer.look);
    }
    if !outer.shown {
        look = not_shown(look);
    }
    look
}

fn look(
    work: &Work,
    field: &Field,
    path: &Path,
    flags: &Flags,
    line: Option<(&Name, &Line)>,
    place: &Place,
) -> FieldLook {
    let readonly = switch(work, &flags.readonly, line, place);
    let shown = switch(work, &flags.shown, line, place);
    let mut required = switch(work, &flags.required, line, place);
    let granted = work.e.access.map_or(Look::Edit, |access| access.at(path));
    let mut look = match work.e.node_fields {
        Some(node) => {
            let outer = Path::one(path.head());
            let said = node.get(path).or_else(|| node.get(&outer));
            let said = said.copied().unwrap_or(Look::Read);
            required |= said == Look::Required;
            // What a right hides stays hidden; beyond that the node says who edits what.
            if granted < Look::Read {
                granted.min(said)
            } else {
                said.min(Look::Edit)
            }
        }
        None => {
            let status = work.record.status;
            let open = status.editable() || (status == Status::Posted && field.after_post);
            granted.min(if open { Look::Edit } else { Look::Read })
        }
    };
    if readonly || !field.typed() {
        look = look.min(Look::Read);
    }
    let look = FieldLook {
        look,
        required,
        readonly,
        shown,
    };
    if shown { look } else { not_shown(look) }
}

/// Whether a flag holds here.
fn switch(work: &Work, switch: &Switch, line: Option<(&Name, &Line)>, place: &Place) -> bool {
    match switch {
        Switch::Always(b) => *b,
        Switch::When(c) => holds(work, c, line, place),
    }
}

fn holds(work: &Work, c: &Compiled, line: Option<(&Name, &Line)>, place: &Place) -> bool {
    let value = work.eval(line).run(c);
    match value {
        Ok(Val::Pending) => {
            work.pending.set(true);
            false
        }
        Ok(value) => value.truth(),
        Err(fault) => {
            work.fault(fault, place.clone());
            false
        }
    }
}

/// Whether what is required must be there now.
fn demands(phase: &Phase) -> bool {
    matches!(phase, Phase::Submit | Phase::Node(_))
}

fn missing(work: &Work, field: &Field, look: FieldLook, empty: bool, place: Place) {
    let counts = look.required && look.shown && empty && demands(work.e.phase);
    // A switch is no while it is empty, and a sequence is given by the engine.
    if counts
        && !matches!(
            field.kind,
            Kind::Switch(_) | Kind::Sequence(_) | Kind::Lines(_)
        )
    {
        work.finding(Finding::refuse("required", place, &[]));
    }
}

fn count(work: &Work, table: &Name, lines: &Lines, look: FieldLook) {
    let n = work.lines(table).len();
    let least = match lines.min {
        Some(min) => min,
        None => u32::from(look.required),
    };
    let most = lines.max.unwrap_or(Lines::MAX).min(Lines::MAX);
    let place = Place::header(table);
    if n < least as usize && look.shown && demands(work.e.phase) {
        let finding = Finding::refuse("too_few_lines", place, &[&least.to_string()]);
        work.finding(finding);
    } else if n > most as usize {
        let finding = Finding::refuse("too_many_lines", place, &[&most.to_string()]);
        work.finding(finding);
    }
}

fn check(work: &Work, check: &CheckPlan) {
    let due = match (check.on.as_deref(), work.e.phase) {
        (None | Some("save"), _) => true,
        (Some("submit"), Phase::Submit) | (Some("post"), Phase::Post) => true,
        (Some(on), Phase::Node(node)) => *on == **node,
        _ => false,
    };
    if !due {
        return;
    }
    match &check.table {
        None => {
            let place = Place::header(check.at.head());
            if holds(work, &check.fails, None, &place) {
                failed(work, check, place);
            }
        }
        Some(table) => {
            let column = check.at.0.last().unwrap_or(table);
            for line in work.lines(table) {
                let place = Place::line(table, line.id, column);
                if holds(work, &check.fails, Some((table, line)), &place) {
                    failed(work, check, place);
                }
            }
        }
    }
}

fn failed(work: &Work, check: &CheckPlan, at: Place) {
    work.finding(Finding {
        code: check.name.to_string(),
        check: Some(check.name.clone()),
        at,
        level: check.level,
        say: Some(check.say.clone()),
        with: vec![],
    });
}
