//! Rights.

use crate::shop::*;
use kernel::{
    HeldRole, Rules, User,
    access::{Scope, Why, holds, looks_on, scope, verb},
    form::Phase,
};
use model::{Filter, Look, Path, Record, Status, Test, Value, Verb};

fn scope_of(user: &User) -> Scope {
    world().settle(|facts| scope(rules(), asker(user), facts).unwrap())
}

fn path(text: &str) -> Path {
    text.parse().unwrap()
}

#[test]
fn grants_become_filters_per_verb() {
    let buyer = scope_of(&holding(&["shop/buyer"]));
    let orders = buyer.of(&r("shop/order")).unwrap();
    let own = Filter::All(vec![Filter::Field(path("buyer"), Test::Is(link(PERSON)))]);
    let branch = Test::In(vec![link(21), link(22)]);
    let branch = Filter::All(vec![Filter::Field(path("branch"), branch)]);
    assert_eq!(orders.verbs[&Verb::Edit], own);
    assert_eq!(orders.verbs[&Verb::Read], Filter::Any(vec![own, branch]));
    assert!(!orders.verbs.contains_key(&Verb::Delete));
    assert!(buyer.may(&r("shop/supplier"), Verb::Read));
    assert!(!buyer.may(&r("shop/supplier"), Verb::Edit));
    assert!(buyer.of(&r("shop/stock")).is_none());
    let keeper = scope_of(&holding(&["shop/keeper"]));
    assert!(keeper.may(&r("shop/stock"), Verb::Read));
    assert_eq!(
        keeper.of(&r("shop/supplier")).unwrap().verbs[&Verb::Read],
        Filter::everything()
    );
    let people = &keeper.of(&r("org/person")).unwrap().verbs[&Verb::Edit];
    let under = Filter::Field(path("unit"), Test::Under(id(31)));
    assert_eq!(*people, Filter::All(vec![under]));
}

#[test]
fn where_another_role_is_held_opens_nothing() {
    let held = |role: &str, within: Option<u128>| HeldRole {
        role: r(role),
        within: within.map(id),
    };
    let clerk = User {
        branches: vec![id(21), id(22), id(23)],
        roles: vec![
            held("shop/buyer", Some(22)),
            held("shop/keeper", Some(23)),
            held("shop/keeper", Some(22)),
        ],
        ..user()
    };
    let scope = scope_of(&clerk);
    let orders = &scope.of(&r("shop/order")).unwrap().verbs[&Verb::Read];
    let branch = Test::In(vec![link(21), link(22)]);
    let branch = Filter::All(vec![Filter::Field(path("branch"), branch)]);
    assert!(
        matches!(orders, Filter::Any(any) if any.contains(&branch)),
        "{orders:?}"
    );
}

#[test]
fn a_right_over_nothing_lets_nothing_through() {
    let nobody = User {
        person: None,
        branches: vec![],
        ..holding(&["shop/buyer"])
    };
    let scope = scope_of(&nobody);
    let orders = scope.of(&r("shop/order")).unwrap();
    assert_eq!(
        orders.verbs[&Verb::Edit],
        Filter::All(vec![Filter::nothing()])
    );
}

#[test]
fn the_widest_look_wins_and_seals_hold() {
    let buyer = scope_of(&holding(&["shop/buyer"]));
    let orders = &buyer.of(&r("shop/order")).unwrap();
    // The second grant masks and hides, the first gives everything, on his own orders.
    assert_eq!(orders.wide.at(&path("reason")), Look::Edit);
    assert_eq!(orders.wide.at(&path("lines.net")), Look::Edit);
    assert_eq!(orders.looks.at(&path("reason")), Look::Masked);
    assert_eq!(orders.looks.at(&path("lines.net")), Look::Hidden);
    assert!(orders.open.contains_key(&path("lines.net")));
    let world = world();
    let mut order = world.sheet(&order(), None, Phase::New).record;
    let on = |order: &Record| world.settle(|facts| looks_on(rules(), &buyer, order, facts));
    assert_eq!(on(&order).at(&path("reason")), Look::Edit);
    assert_eq!(on(&order).at(&path("lines.net")), Look::Edit);
    order.values.insert(name("buyer"), link(BOSS));
    assert_eq!(on(&order).at(&path("reason")), Look::Masked);
    assert_eq!(on(&order).at(&path("lines.net")), Look::Hidden);
    let suppliers = &buyer.of(&r("shop/supplier")).unwrap().looks;
    assert_eq!(suppliers.at(&path("name")), Look::Read);
    assert_eq!(suppliers.at(&path("account")), Look::Masked);
    let keeper = scope_of(&holding(&["shop/keeper"]));
    assert_eq!(
        keeper
            .of(&r("shop/supplier"))
            .unwrap()
            .looks
            .at(&path("account")),
        Look::Edit
    );
    let plain = scope_of(&user());
    assert_eq!(
        plain.of(&r("org/person")).unwrap().looks.at(&path("pay")),
        Look::Hidden
    );
    // Who only takes part in a record reads it, sealed fields stay sealed.
    assert_eq!(
        plain.looks(rules(), &r("shop/order")).at(&path("total")),
        Look::Read
    );
    assert_eq!(
        keeper
            .looks(rules(), &r("shop/order"))
            .at(&path("lines.price")),
        Look::Read
    );
}

#[test]
fn verdicts_say_why() {
    let world = world();
    let buyer = holding(&["shop/buyer"]);
    let scope = scope_of(&buyer);
    let form = rules().catalogue().form(&r("shop/order")).unwrap().clone();
    let mine = world.sheet(&order(), None, Phase::New).record;
    let ask = |which: Verb, record: Option<&Record>| {
        world.settle(|facts| verb(rules(), &scope, &form, which, record, facts))
    };
    let verdict = ask(Verb::Edit, Some(&mine));
    assert!(verdict.allowed);
    assert_eq!(verdict.by, [r("shop/own_orders")]);
    assert_eq!(ask(Verb::Read, None).by.len(), 2);
    assert_eq!(ask(Verb::Delete, Some(&mine)).why, Why::NoGrant);
    let mut other = mine.clone();
    other.values.insert(name("buyer"), link(BOSS));
    assert_eq!(ask(Verb::Edit, Some(&other)).why, Why::OtherRows);
    assert!(ask(Verb::Read, Some(&other)).allowed);
    let mut sent = mine.clone();
    sent.status = Status::Submitted;
    assert_eq!(ask(Verb::Submit, Some(&sent)).why, Why::Status);
    assert!(ask(Verb::Withdraw, Some(&sent)).allowed);
}

#[test]
fn filters_hold_in_memory_as_in_the_database() {
    let world = world();
    let record = world.sheet(&order(), None, Phase::New).record;
    let test = |at: &str, test: Test| {
        let filter = Filter::Field(path(at), test);
        world.settle(|facts| holds(rules(), &filter, &record, facts))
    };
    assert!(test("supplier.name", Test::Like("aCM".into())));
    assert!(test("total", Test::Above(number("665"))));
    assert!(!test("total", Test::Above(number("665.10"))));
    assert!(test("total", Test::AtMost(number("665.10"))));
    assert!(test("reason", Test::Empty(true)));
    assert!(test("reason", Test::Not(text("x"))));
    assert!(!test("reason", Test::Is(text("x"))));
    assert!(test("status", Test::Is(text("draft"))));
    assert!(test("created_by", Test::Is(link(1))));
    assert!(test("buyer.unit", Test::Under(id(30))));
    assert!(!test("buyer.unit", Test::Under(id(32))));
    assert!(test("warehouse.allow_negative", Test::Empty(true)));
    assert!(test("lines.item", Test::In(vec![link(NUT)])));
    assert!(!test("nothing.at.all", Test::Empty(true)));
    let both = Filter::Not(Box::new(Filter::Any(vec![
        Filter::nothing(),
        Filter::Field(path("urgency"), Test::Is(Value::Text("high".into()))),
    ])));
    assert!(world.settle(|facts| holds(rules(), &both, &record, facts)));
}

#[test]
fn who_reads_some_entries_sees_what_his_grant_opens_on_them() {
    let changed = changed(&[
        (
            "shop/ledgers/stock.json",
            "\"reserved\": {",
            "\"reserved\": { \"sealed\": \"bank\",",
        ),
        (
            "shop/roles.json",
            "\"ledger\": \"stock\", \"may\": [\"read\"]",
            "\"ledger\": \"stock\", \"rows\": { \"warehouse\": { \"empty\": false } }, \
             \"may\": [\"read\"], \"opens\": [\"bank\"]",
        ),
    ]);
    let rules = Rules::compile(changed).unwrap();
    let keeper = holding(&["shop/keeper"]);
    let scope = world().settle(|facts| scope(&rules, asker(&keeper), facts).unwrap());
    let stock = &scope.of(&r("shop/stock")).unwrap().looks;
    assert_eq!(stock.at(&path("reserved")), Look::Read);
}
